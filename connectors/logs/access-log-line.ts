import { logTime } from './log-time.ts';

export const [space, quote, backslash, dash] = [0x20, 0x22, 0x5c, 0x2d];
const [bracket, zero, nine] = [0x5b, 0x30, 0x39];

/**
 * Where the fields of one line lie, found byte by byte. One object serves all lines: none is made for each, and nothing
 * is read from a line for which `find` has told a reason.
 */
export class AccessLogLine {
  /** Where it begins; the other fields up to the time follow each other, a blank between them. */
  host = 0;
  hostEnd = 0;
  identEnd = 0;
  userEnd = 0;
  /** Microseconds since 1970. */
  time = 0;
  request = 0;
  requestEnd = 0;
  status = 0;
  /** -1 for `-`. */
  bytes = 0;
  referer = 0;
  /** -1 where there is none. */
  refererEnd = -1;
  agent = 0;
  /** -1 where there is none. */
  agentEnd = -1;

  /** Whether one of the quoted fields has a backslash. */
  hasEscape = false;

  /** @returns why the bytes in `[from, to)` are no line of the format */
  find(line: Uint8Array, from: number, to: number): string | undefined {
    this.hasEscape = false;
    return (
      this.#findWho(line, from, to) ??
      this.#findTime(line, this.userEnd + 1, to) ??
      this.#findRequest(line, this.userEnd + 1 + timeLength, to) ??
      this.#findStatus(line, this.requestEnd + 2, to)
    );
  }

  /** `host ident user`. A user's name may hold blanks: it ends where the time begins. */
  #findWho(line: Uint8Array, from: number, to: number): string | undefined {
    const hostEnd = wordEnd(line, from, to);
    if (hostEnd === from || hostEnd >= to) return 'it does not begin with a host';
    const identEnd = wordEnd(line, hostEnd + 1, to);
    if (identEnd >= to) return 'it ends before the user';
    let at = identEnd + 1;
    while (at < to && !(line[at] === bracket && line[at - 1] === space)) at += 1;
    if (at >= to) return 'it has no [time]';
    this.host = from;
    this.hostEnd = hostEnd;
    this.identEnd = identEnd;
    this.userEnd = at - 1;
    return undefined;
  }

  #findTime(line: Uint8Array, from: number, to: number): string | undefined {
    const time = logTime(line, from, to);
    if (time === undefined) return 'its time is not like [31/Dec/2026:23:59:59 +0000]';
    this.time = time;
    return undefined;
  }

  /** @param from the blank before `"request"` */
  #findRequest(line: Uint8Array, from: number, to: number): string | undefined {
    if (line[from + 1] !== quote || line[from] !== space) return 'no "request" follows the time';
    this.request = from + 2;
    this.requestEnd = this.#quoteEnd(line, this.request, to);
    return this.requestEnd < 0 ? 'its request has no closing quote' : undefined;
  }

  /** `status bytes`, and what follows them. */
  #findStatus(line: Uint8Array, from: number, to: number): string | undefined {
    const status = (digit(line[from]) * 10 + digit(line[from + 1])) * 10 + digit(line[from + 2]);
    if (!(status >= 0) || from + 3 > to) return 'no status of three digits follows the request';
    const size = from + 4;
    const sizeEnd = wordEnd(line, size, to);
    const bytes = sizeEnd <= size || line[size - 1] !== space ? Number.NaN : wholeNumber(line, size, sizeEnd);
    if (Number.isNaN(bytes)) return 'no number of bytes follows the status';
    this.status = status;
    this.bytes = bytes;
    return this.#findReferer(line, sizeEnd + 1, to);
  }

  /** `"referer" "agent"`, or one of them, or none. */
  #findReferer(line: Uint8Array, from: number, to: number): string | undefined {
    this.referer = from + 1;
    this.refererEnd = -1;
    this.agentEnd = -1;
    if (from > to || line[from] !== quote) return undefined;
    this.refererEnd = this.#quoteEnd(line, this.referer, to);
    if (this.refererEnd < 0) return 'its referer has no closing quote';
    this.agent = this.refererEnd + 3;
    if (this.agent > to || line[this.agent - 1] !== quote) return undefined;
    this.agentEnd = this.#quoteEnd(line, this.agent, to);
    return this.agentEnd < 0 ? 'its agent has no closing quote' : undefined;
  }

  /** The closing quote's place; -1 if there is none. */
  #quoteEnd(line: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = line[at];
      if (byte === quote) return at;
      if (byte !== backslash) continue;
      this.hasEscape = true;
      at += 1;
    }
    return -1;
  }
}

/** `[31/Dec/2026:23:59:59 +0000]` */
const timeLength = 28;

const digit = (byte: number | undefined): number =>
  byte !== undefined && byte >= zero && byte <= nine ? byte - zero : Number.NaN;

/** Where the next blank is in `[from, to)`, or `to`. */
export function wordEnd(line: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && line[at] !== space) at += 1;
  return at;
}

/** -1 for `-`, NaN for what is no number. */
function wholeNumber(line: Uint8Array, from: number, to: number): number {
  if (to - from === 1 && line[from] === dash) return -1;
  if (to - from > 15) return Number.NaN;
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + digit(line[at]);
  return value;
}
