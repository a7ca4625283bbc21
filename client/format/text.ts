const segmenter = new Intl.Segmenter();
/** Characters that take two cells of a terminal: East Asian wide and full-width ones, and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f000}-\u{1faff}]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

const characters = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);
const characterWidth = (character: string): number => (wide.test(character) ? 2 : 1);

/** Cells of a terminal that a printable text takes. */
export const textWidth = (text: string): number =>
  /^[\x20-\x7e]*$/.test(text) ? text.length : characters(text).reduce((sum, each) => sum + characterWidth(each), 0);

/** Spaces added at the end, or at the start for `right`, up to the width. */
export function padText(text: string, width: number, side: 'left' | 'right'): string {
  const spaces = ' '.repeat(Math.max(0, width - textWidth(text)));
  return side === 'right' ? spaces + text : text + spaces;
}

/** Cut to the width, with an ellipsis where something is missing. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of characters(text.slice(0, width * 8))) {
    used += characterWidth(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Data may hold what drives a terminal (escapes, newlines, writing direction): shown as escapes, it has no effect. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
