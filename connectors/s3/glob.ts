/**
 * A glob over keys as a test of a key. `*` and `?` stay within a path segment, `**` does not, `[a-c]` and `[!a-c]` are
 * sets, `{a,b}` alternatives
 * within a segment. Segments that begin with a dot are only matched by a pattern that does, too.
 */
export function globMatcher(glob: string): (key: string) => boolean {
  const pattern = new RegExp(`^${glob.split('/').map(segment).join('/').replaceAll('(?:.*/)?/', '(?:.*/)?')}$`, 's');
  return (key) => pattern.test(key);
}

/** A `**` that is a whole segment stands for any number of them, none too. */
const segment = (text: string, at: number, all: readonly string[]): string => {
  if (text === '**') return at === all.length - 1 ? '.*' : '(?:.*/)?';
  const hidden = /^[*?[]/.test(text) ? '(?!\\.)' : '';
  return `${hidden}${translated(text)}`;
};

const special = /[\\^$.|+()/]/;

function translated(text: string): string {
  let pattern = '';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '[') {
      const end = text.indexOf(']', at + 2);
      if (end < 0) pattern += '\\[';
      else {
        pattern += set(text.slice(at + 1, end));
        at = end;
      }
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      pattern += char === ',' && depth > 0 ? '|' : one(char);
    }
  }
  return pattern;
}

function one(char: string): string {
  if (char === '*') return '[^/]*';
  if (char === '?') return '[^/]';
  if (char === '{') return '(?:';
  if (char === '}') return ')';
  return special.test(char) ? `\\${char}` : char;
}

const set = (text: string): string => {
  const inverted = /^[!^]/.test(text);
  const members = (inverted ? text.slice(1) : text).replace(/[\\\]^]/g, '\\$&');
  return `(?!/)[${inverted ? '^' : ''}${members}]`;
};
