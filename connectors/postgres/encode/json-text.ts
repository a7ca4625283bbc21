/** JSON of a value as readers make them: numbers of any size as numbers, bytes in hex, dates in ISO 8601. */
export function jsonText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('hex'));
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (value instanceof Map) return objectText([...value].map(([key, item]) => [textOf(key), item]));
  if (typeof value === 'object' && !(value instanceof Date)) return objectText(Object.entries(value));
  return JSON.stringify(value);
}

const objectText = (entries: readonly (readonly [string, unknown])[]): string =>
  `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${jsonText(value)}`).join(',')}}`;

const textOf = (key: unknown): string => (typeof key === 'string' ? key : jsonText(key));
