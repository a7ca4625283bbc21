import { SheafError } from '../../shared/errors.ts';

/** DuckDB's text of a type, taken apart: only as far as names, parameters and nesting. */
export type TypeText =
  /** `DECIMAL(18,3)`, `VARCHAR`, `TIMESTAMP WITH TIME ZONE`: the name in upper case, parameters as they are. */
  | { readonly kind: 'plain'; readonly name: string; readonly parameters: readonly string[] }
  | { readonly kind: 'list'; readonly element: TypeText }
  | { readonly kind: 'array'; readonly element: TypeText; readonly size: number }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly type: TypeText }[] }
  | { readonly kind: 'map'; readonly key: TypeText; readonly value: TypeText };

/**
 * Reads a type as DuckDB writes it, or as people do.
 *
 * @throws SheafError `PLAN_INVALID` for text that is no type
 */
export function parseType(text: string): TypeText {
  const trimmed = text.trim();
  const suffix = /^([\s\S]*)\[(\d*)\]$/.exec(trimmed);
  if (suffix?.[1] !== undefined) {
    const element = parseType(suffix[1]);
    return suffix[2] ? { kind: 'array', element, size: Number(suffix[2]) } : { kind: 'list', element };
  }
  const found = /^([A-Za-z_][\w ]*?)\s*(?:\(([\s\S]*)\))?((?: with(?:out)? time zone)?)$/i.exec(trimmed);
  if (found === null) throw noType(text);
  const [, name = '', inner, zone = ''] = found;
  return named(`${name}${zone}`.replace(/\s+/g, ' ').toUpperCase(), inner === undefined ? [] : splitTop(inner), text);
}

function named(name: string, parameters: readonly string[], text: string): TypeText {
  if (name === 'STRUCT' || name === 'ROW') return { kind: 'struct', fields: parameters.map(fieldOf) };
  if (name !== 'MAP') return { kind: 'plain', name, parameters };
  const [key, value] = parameters;
  if (key === undefined || value === undefined) throw noType(text);
  return { kind: 'map', key: parseType(key), value: parseType(value) };
}

function fieldOf(text: string): { readonly name: string; readonly type: TypeText } {
  const found = /^\s*(?:"((?:[^"]|"")*)"|(\S+))\s+([\s\S]+)$/.exec(text);
  if (found?.[3] === undefined) throw noType(text);
  return { name: found[1]?.replaceAll('""', '"') ?? found[2] ?? '', type: parseType(found[3]) };
}

/** Splits at the commas outside parentheses and quotes. */
function splitTop(text: string): string[] {
  const pieces = [''];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[\s\S]/g)) {
    if (token === ',' && depth === 0) pieces.push('');
    else pieces.push((pieces.pop() ?? '') + token);
    depth += token === '(' || token === '[' ? 1 : token === ')' || token === ']' ? -1 : 0;
  }
  return pieces.map((piece) => piece.trim());
}

const noType = (text: string): SheafError =>
  new SheafError('PLAN_INVALID', `"${text}" is not a type`, {
    next: 'Write a type of DuckDB, for example varchar, integer, double, decimal(18,3), timestamp, varchar[].',
  });
