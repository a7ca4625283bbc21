import type { Node, NodeOf, Span } from './ast.ts';
import { contains, isFunction } from './ast.ts';
import type { FoundFunction } from './find-function.ts';
import type { Binding, Reference } from './scopes.ts';

/** What a function needs of its module. */
export interface Slice {
  /** Top-level declarations in source order, without `export`. */
  readonly declarations: readonly Node[];
  /** Specifiers of the import statements that the function or its declarations use. */
  readonly imports: ReadonlySet<Node>;
  /** Uses of names within the function and its declarations. */
  readonly references: readonly Reference[];
  /** Module-level variables, functions and classes among the needed names. */
  readonly bindings: ReadonlySet<Binding>;
}

/**
 * The top-level declarations and imports that a function needs, transitively. Statements that only do something (calls,
 * loops, assignments) are never among them.
 */
export function sliceModule({ module, expression }: FoundFunction): Slice {
  const declarations = new Set<Node>();
  const imports = new Set<Node>();
  const bindings = new Set<Binding>();
  const references: Reference[] = [];
  const scan = (span: Span): void => {
    for (const reference of module.references.filter((use) => contains(span, use.node))) {
      references.push(reference);
      if (reference.binding?.scope.kind === 'module') need(reference.binding);
    }
  };
  const need = (binding: Binding): void => {
    if (binding.kind === 'implicit' || bindings.has(binding)) return;
    if (binding.kind === 'import') imports.add(binding.declaration);
    else bindings.add(binding);
    const declaration = topLevelDeclaration(module.program, binding.declaration);
    if (declaration === null || declarations.has(declaration)) return;
    declarations.add(declaration);
    scan(declaration);
  };
  scan(expression);
  return { declarations: [...declarations].sort((a, b) => a.start - b.start), imports, references, bindings };
}

/** The statement that declares, without the `export` before it; null for imports. */
function topLevelDeclaration(program: NodeOf<'Program'>, declaration: Node): Node | null {
  const statement = program.body.find((candidate) => contains(candidate, declaration));
  switch (statement?.type) {
    case 'ImportDeclaration':
      return null;
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return statement.declaration ?? null;
    default:
      return statement ?? null;
  }
}

/**
 * The text of a module that holds the slice and exports the function as its default. What is not needed becomes blanks,
 * so that lines and columns, and with them stacks, are those of the user's file.
 */
export function sliceText(found: FoundFunction, slice: Slice): string {
  const text = new BlankedText(found.module.source);
  for (const declaration of slice.declarations) text.keep(declaration);
  const exported = exportInPlace(found, slice, text) ? '' : `\nexport default ${expressionText(found)};`;
  return `${text.toString()}\n${importText(found.module.program, slice.imports, found.module.source)}${exported}\n`;
}

/** Exports a function's text where it stands, if nothing around it was kept and there is room before it. */
function exportInPlace({ expression, self }: FoundFunction, slice: Slice, text: BlankedText): boolean {
  const isKept = slice.declarations.some((declaration) => contains(declaration, expression));
  if (isKept || !isFunction(expression) || self !== null) return false;
  const isArrow = expression.type === 'ArrowFunctionExpression';
  if (!text.write(isArrow ? 'export default ' : 'export default (', expression.start)) return false;
  text.keep(expression);
  text.put(isArrow ? ';' : ');', expression.end);
  return true;
}

/** A local function may call itself by its variable's name, which must then exist. */
function expressionText({ module, expression, self }: FoundFunction): string {
  const text = module.source.slice(expression.start, expression.end);
  if (self === null || !isFunction(expression)) return `(${text})`;
  return `(() => { const ${self} = ${text}; return ${self}; })()`;
}

function importText(program: NodeOf<'Program'>, needed: ReadonlySet<Node>, source: string): string {
  return program.body
    .filter((statement) => statement.type === 'ImportDeclaration')
    .map((statement) => {
      const used = statement.specifiers.filter((specifier) => needed.has(specifier));
      const from = `from ${statement.source.raw ?? ''}${attributeText(statement, source)};`;
      return used.map((specifier) => `import ${specifierText(specifier, source)} ${from}`).join(' ');
    })
    .filter((line) => line !== '')
    .join('\n');
}

function specifierText(specifier: NodeOf<'ImportDeclaration'>['specifiers'][number], source: string): string {
  const text = source.slice(specifier.start, specifier.end);
  return specifier.type === 'ImportSpecifier' ? `{ ${text} }` : text;
}

function attributeText({ attributes }: NodeOf<'ImportDeclaration'>, source: string): string {
  if (attributes.length === 0) return '';
  return ` with { ${attributes.map(({ start, end }) => source.slice(start, end)).join(', ')} }`;
}

const isLineBreak = (unit: string | undefined): boolean => unit !== undefined && /[\n\r\u2028\u2029]/.test(unit);

/** A source in which everything is blank except line breaks and what was kept. */
class BlankedText {
  readonly #source: string;
  readonly #units: string[];

  constructor(source: string) {
    this.#source = source;
    this.#units = Array.from({ length: source.length }, (_, i) => (isLineBreak(source[i]) ? (source[i] ?? '') : ' '));
  }

  keep({ start, end }: Span): void {
    for (let i = start; i < end; i++) this.#units[i] = this.#source[i] ?? '';
  }

  /** Writes a text into the blanks before an offset, on one line; false if there is no room. */
  write(text: string, before: number): boolean {
    for (let start = before - text.length; start >= 0; start--) {
      const room = this.#units.slice(start, start + text.length);
      if (room.every((unit) => unit === ' ')) {
        this.put(text, start);
        return true;
      }
      if (room.some((unit) => unit !== ' ' && !isLineBreak(unit))) return false;
    }
    return false;
  }

  /** Writes a text at an offset, over blanks that are there; what would lie on a line break is inserted before it. */
  put(text: string, offset: number): void {
    let at = offset;
    for (const unit of text) {
      if (this.#units[at] === ' ') this.#units[at++] = unit;
      else this.#units[at - 1] += unit;
    }
  }

  toString(): string {
    return this.#units.join('');
  }
}
