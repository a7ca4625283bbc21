import type { Node } from './ast.ts';

/** One declared name. */
export interface Binding {
  readonly name: string;
  readonly scope: Scope;
  /** What declares it: a declarator, function, class, import specifier, parameter, enum. */
  readonly declaration: Node;
  /** `implicit`: `this` and its like. */
  readonly kind: 'value' | 'parameter' | 'import' | 'implicit';
}

/** `function` scopes take `var`s; the module's own scope is the one without a parent. */
export interface Scope {
  readonly kind: 'module' | 'function' | 'block';
  readonly node: Node;
  readonly parent: Scope | null;
  readonly bindings: Map<string, Binding>;
}

/**
 * One use of a name as a value. `this`, `super`, `arguments` and `new.target` count as names, bound by the functions
 * and class bodies that give them their meaning; so does `import.meta`, bound by nothing.
 */
export interface Reference {
  readonly name: string;
  readonly node: Node;
  /** Null for globals and for what is declared nowhere. */
  readonly binding: Binding | null;
}

/** A scope without any names yet. @param parent null for a module's own */
export function newScope(kind: Scope['kind'], node: Node, parent: Scope | null): Scope {
  return { kind, node, parent, bindings: new Map() };
}

/** Functions other than arrows, class fields and static blocks bind these by themselves. */
const implicitNames = ['this', 'super', 'arguments', 'new.target'] as const;

/** A new function scope that binds `this` and its like. */
export function newThisScope(node: Node, parent: Scope): Scope {
  const scope = newScope('function', node, parent);
  for (const name of implicitNames) declareImplicit(scope, name);
  return scope;
}

/** A module's own scope, in which `this` is bound. */
export function newModuleScope(program: Node): Scope {
  const scope = newScope('module', program, null);
  declareImplicit(scope, 'this');
  return scope;
}

function declareImplicit(scope: Scope, name: string): void {
  scope.bindings.set(name, { name, scope, declaration: scope.node, kind: 'implicit' });
}

/**
 * The first declaration of a name is kept (`var` may repeat, and so may overloads); a declared one hides an implicit
 * one.
 */
export function declare(scope: Scope, id: Node | null, declaration: Node, kind: Binding['kind'] = 'value'): void {
  if (id?.type !== 'Identifier') return;
  const known = scope.bindings.get(id.name);
  if (known !== undefined && known.kind !== 'implicit') return;
  scope.bindings.set(id.name, { name: id.name, scope, declaration, kind });
}

/** The scope that takes the `var`s written in `scope`. */
export function variableScope(scope: Scope): Scope {
  return scope.kind !== 'block' || scope.parent === null ? scope : variableScope(scope.parent);
}

/** The innermost declaration that a name means; null if it is declared nowhere. */
export function resolve(name: string, from: Scope): Binding | null {
  for (let scope: Scope | null = from; scope !== null; scope = scope.parent) {
    const binding = scope.bindings.get(name);
    if (binding !== undefined) return binding;
  }
  return null;
}
