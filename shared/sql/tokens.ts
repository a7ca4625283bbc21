/** A piece of SQL text that stands for itself: enough of DuckDB's lexical rules to find string literals, no grammar. */
export interface Token {
  readonly kind: 'space' | 'word' | 'text' | 'name' | 'parameter' | 'other';
  readonly sql: string;
}

/** Runs of characters are taken at once: one by one, each costs stack, and a literal of 10 MB is more than there is. */
const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['space', /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ['text', /[eExX]'(?:[^'\\]+|''|\\[\s\S])*(?:'|$)|'(?:[^']+|'')*(?:'|$)|\$([A-Za-z_]\w*)?\$[\s\S]*?(?:\$\1\$|$)/y],
  ['parameter', /\$(?:\d+|[\p{L}_][\p{L}\p{N}_]*)/uy],
  ['name', /"(?:[^"]+|"")*(?:"|$)/y],
  ['word', /[\p{L}_][\p{L}\p{N}_$]*/uy],
  ['other', /[\s\S]/uy],
];

/** Cuts SQL text into tokens; joined, they are the text again. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length; ) {
    const token = tokenAt(sql, at);
    tokens.push(token);
    at += token.sql.length;
  }
  return tokens;
}

function tokenAt(sql: string, at: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(sql);
    if (match && match[0] !== '') return { kind, sql: match[0] };
  }
  return { kind: 'other', sql: sql.charAt(at) };
}
