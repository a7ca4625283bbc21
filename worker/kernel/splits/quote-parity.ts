import type { Split } from '../../../shared/stage/split.ts';

/**
 * Tells whether a range of CSV ends inside quotes. The first range of a file begins outside of them, so the first cut that
 * falls into a quoted value leaves its range open: some task of the scan always notices, and nothing is misread silently.
 */
export class QuoteParity {
  readonly #quote: number;
  readonly #escape: number;
  #isOpen = false;
  #isEscaped = false;

  constructor(split: Split) {
    const [quote, escaping] = split.kind === 'csv' ? [split.dialect.quote, split.dialect.escape] : ['', ''];
    this.#quote = quote === '' ? -1 : quote.charCodeAt(0);
    // A doubled quote closes and opens again: only an escape of another kind must be stepped over.
    this.#escape = escaping === '' || escaping === quote ? -1 : escaping.charCodeAt(0);
  }

  /** The bytes so far end inside quotes. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  add(bytes: Uint8Array): void {
    if (this.#quote < 0) return;
    if (this.#escape >= 0 && (this.#isEscaped || bytes.includes(this.#escape))) this.#addWithEscapes(bytes);
    else if (bytes.includes(this.#quote)) this.#addPlain(bytes);
  }

  #addPlain(bytes: Uint8Array): void {
    let quotes = 0;
    for (const byte of bytes) if (byte === this.#quote) quotes++;
    if (quotes % 2 === 1) this.#flip();
  }

  #addWithEscapes(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === this.#escape && this.#isOpen) this.#isEscaped = true;
      else if (byte === this.#quote) this.#flip();
    }
  }

  #flip(): void {
    this.#isOpen = !this.#isOpen;
  }
}
