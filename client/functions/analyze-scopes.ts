import type { FunctionNode, Node, NodeOf } from './ast.ts';
import { children } from './ast.ts';
import type { Reference, Scope } from './scopes.ts';
import { declare, newModuleScope, newScope, newThisScope, resolve, variableScope } from './scopes.ts';

/** A module's names: what it declares, and every use of a name as a value. */
export interface ScopeAnalysis {
  readonly module: Scope;
  /** In source order. Names used as types only are absent. */
  readonly references: readonly Reference[];
}

/**
 * Resolves every name of a module that is used as a value, by the rules of ECMAScript modules: hoisting, shadowing,
 * parameters and bodies as scopes of their own (ECMA-262, FunctionDeclarationInstantiation), class and function
 * expressions' own names. TypeScript's types are skipped. Resolving waits until all declarations are known, which is
 * what hoisting means.
 */
export function analyzeScopes(program: Node): ScopeAnalysis {
  const module = newModuleScope(program);
  const uses: Use[] = [];
  walkAll(children(program), { scope: module, uses });
  const references = uses.map(({ name, node, scope }) => ({ name, node, binding: resolve(name, scope) }));
  return { module, references: references.sort((a, b) => a.node.start - b.node.start) };
}

interface Use {
  readonly name: string;
  readonly node: Node;
  readonly scope: Scope;
}

/** Where the walk is. */
interface Walk {
  readonly scope: Scope;
  readonly uses: Use[];
}

type Visitors = { readonly [Type in Node['type']]?: (node: NodeOf<Type>, walk: Walk) => void };

const within = (walk: Walk, scope: Scope): Walk => ({ ...walk, scope });
const block = (node: Node, walk: Walk): Walk => within(walk, newScope('block', node, walk.scope));

function walkAll(nodes: Iterable<Node | null | undefined>, walk: Walk): void {
  for (const node of nodes) visit(node, walk);
}

function visit(node: Node | null | undefined, walk: Walk): void {
  if (node === null || node === undefined) return;
  const visitor = visitors[node.type] as ((node: Node, walk: Walk) => void) | undefined;
  if (visitor !== undefined) visitor(node, walk);
  else if (!node.type.startsWith('TS')) walkAll(children(node), walk);
}

const use = (name: string, node: Node, { scope, uses }: Walk): void => void uses.push({ name, node, scope });
const skip = (): void => {};
const inBlock = (node: Node, walk: Walk): void => walkAll(children(node), block(node, walk));
const inExpression = (node: { readonly expression: Node }, walk: Walk): void => visit(node.expression, walk);

const visitors: Visitors = {
  Identifier: (node, walk) => use(node.name, node, walk),
  ThisExpression: (node, walk) => use('this', node, walk),
  Super: (node, walk) => use('super', node, walk),
  MetaProperty: (node, walk) => use(`${node.meta.name}.${node.property.name}`, node, walk),
  MemberExpression(node, walk) {
    visit(node.object, walk);
    if (node.computed) visit(node.property, walk);
  },
  Property(node, walk) {
    if (node.computed) visit(node.key, walk);
    visit(node.value, walk);
  },
  LabeledStatement: (node, walk) => visit(node.body, walk),
  BreakStatement: skip,
  ContinueStatement: skip,
  BlockStatement: inBlock,
  ForStatement: inBlock,
  ForInStatement: inBlock,
  ForOfStatement: inBlock,
  SwitchStatement(node, walk) {
    visit(node.discriminant, walk);
    walkAll(node.cases, block(node, walk));
  },
  CatchClause(node, walk) {
    const inner = block(node, walk);
    declarePattern(node.param, { declaration: node, target: inner.scope, walk: inner });
    visit(node.body, inner);
  },
  VariableDeclaration(node, walk) {
    if (node.declare) return;
    const target = node.kind === 'var' ? variableScope(walk.scope) : walk.scope;
    for (const declaration of node.declarations) {
      declarePattern(declaration.id, { declaration, target, walk });
      visit(declaration.init, walk);
    }
  },
  FunctionDeclaration(node, walk) {
    declare(walk.scope, node.id, node);
    visitFunction(node, walk);
  },
  FunctionExpression(node, walk) {
    const named = block(node, walk);
    declare(named.scope, node.id, node);
    visitFunction(node, named);
  },
  ArrowFunctionExpression: visitFunction,
  ClassDeclaration(node, walk) {
    if (node.declare) return;
    declare(walk.scope, node.id, node);
    visitClass(node, walk);
  },
  ClassExpression: visitClass,
  MethodDefinition(node, walk) {
    walkAll(node.decorators, walk);
    if (node.computed) visit(node.key, walk);
    visit(node.value, walk);
  },
  PropertyDefinition: visitField,
  AccessorProperty: visitField,
  StaticBlock: (node, walk) => walkAll(node.body, within(walk, newThisScope(node, walk.scope))),
  ImportDeclaration(node, walk) {
    if (node.importKind === 'type') return;
    for (const specifier of node.specifiers) {
      if (specifier.type === 'ImportSpecifier' && specifier.importKind === 'type') continue;
      declare(walk.scope, specifier.local, specifier, 'import');
    }
  },
  ExportNamedDeclaration(node, walk) {
    visit(node.declaration, walk);
    if (node.source !== null || node.exportKind === 'type') return;
    walkAll(
      node.specifiers.filter((specifier) => specifier.exportKind !== 'type').map((specifier) => specifier.local),
      walk,
    );
  },
  ExportAllDeclaration: skip,
  JSXClosingElement: skip,
  JSXIdentifier: skip,
  JSXOpeningElement(node, walk) {
    visitJsxName(node.name, walk);
    walkAll(node.attributes, walk);
  },
  // Of TypeScript's own syntax, what has a value at run time; all else that begins with TS is skipped.
  TSAsExpression: inExpression,
  TSSatisfiesExpression: inExpression,
  TSNonNullExpression: inExpression,
  TSTypeAssertion: inExpression,
  TSInstantiationExpression: inExpression,
  TSExportAssignment: inExpression,
  TSEnumDeclaration(node, walk) {
    if (node.declare) return;
    declare(walk.scope, node.id, node);
    const inner = block(node, walk);
    for (const member of node.body.members) {
      declare(inner.scope, member.id, member);
      visit(member.initializer, inner);
    }
  },
  TSModuleDeclaration(node, walk) {
    if (node.declare || node.body === null) return;
    declare(walk.scope, node.id, node);
    walkAll(node.body.body, within(walk, newScope('function', node, walk.scope)));
  },
};

function visitFunction(node: FunctionNode, walk: Walk): void {
  const outer = within(
    walk,
    node.type === 'ArrowFunctionExpression' ? newScope('function', node, walk.scope) : newThisScope(node, walk.scope),
  );
  for (const parameter of node.params) {
    declarePattern(parameter, { declaration: parameter, target: outer.scope, walk: outer, kind: 'parameter' });
  }
  if (node.body?.type !== 'BlockStatement') visit(node.body, outer);
  else walkAll(node.body.body, within(walk, newScope('function', node.body, outer.scope)));
}

function visitClass(node: NodeOf<'ClassDeclaration'> | NodeOf<'ClassExpression'>, walk: Walk): void {
  walkAll(node.decorators, walk);
  const inner = block(node, walk);
  declare(inner.scope, node.id, node);
  visit(node.superClass, inner);
  walkAll(node.body.body, inner);
}

function visitField(node: NodeOf<'PropertyDefinition'> | NodeOf<'AccessorProperty'>, walk: Walk): void {
  if (node.declare) return;
  walkAll(node.decorators, walk);
  if (node.computed) visit(node.key, walk);
  visit(node.value, within(walk, newThisScope(node, walk.scope)));
}

function visitJsxName(name: Node, walk: Walk): void {
  if (name.type === 'JSXMemberExpression') visitJsxName(name.object, walk);
  else if (name.type === 'JSXIdentifier' && !/^[a-z]/.test(name.name)) use(name.name, name, walk);
}

interface Declaring {
  readonly declaration: Node;
  readonly target: Scope;
  /** Where defaults and computed keys are evaluated. */
  readonly walk: Walk;
  readonly kind?: 'parameter';
}

/** Declares the names of a pattern. */
function declarePattern(node: Node | null, declaring: Declaring): void {
  const { declaration, target, walk, kind } = declaring;
  switch (node?.type) {
    case 'Identifier':
      declare(target, node, declaration, kind);
      break;
    case 'AssignmentPattern':
      declarePattern(node.left, declaring);
      visit(node.right, walk);
      break;
    case 'RestElement':
      declarePattern(node.argument, declaring);
      break;
    case 'TSParameterProperty':
      declarePattern(node.parameter, declaring);
      break;
    case 'ArrayPattern':
      for (const element of node.elements) declarePattern(element, declaring);
      break;
    case 'ObjectPattern':
      for (const property of node.properties) declareProperty(property, declaring);
  }
}

function declareProperty(property: NodeOf<'Property'> | NodeOf<'RestElement'>, declaring: Declaring): void {
  if (property.type === 'RestElement') {
    declarePattern(property, declaring);
    return;
  }
  if (property.computed) visit(property.key, declaring.walk);
  declarePattern(property.value, declaring);
}
