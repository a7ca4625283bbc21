import type { IWatchRequest, IWatchResponse } from 'etcd3';

interface WatchStream {
  on(event: 'data', heard: (response: IWatchResponse) => void): unknown;
  on(event: 'error', heard: (error: Error) => void): unknown;
  on(event: 'end', heard: () => void): unknown;
  write(request: IWatchRequest): void;
  cancel(): void;
}

type Range = { readonly key: Buffer; readonly range_end: Buffer };

/**
 * Hints of changes in a range of keys. Whatever ends the stream (a lost connection, a compaction), another is opened
 * after a pause, from the present on, and its start is a hint too: what happened in between is found by listing.
 * (etcd3's own watcher continues from a revision, which may be compacted, and throws from its event handlers.)
 */
export class EtcdWatch implements Disposable {
  readonly #open: () => Promise<WatchStream>;
  readonly #range: Range;
  readonly #changed: () => void;
  readonly #retryMs: number;
  #stream: WatchStream | undefined;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(open: () => Promise<WatchStream>, range: Range, changed: () => void, retryMs: number) {
    this.#open = open;
    this.#range = range;
    this.#changed = changed;
    this.#retryMs = retryMs;
    void this.#connect();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#stream?.cancel();
  }

  async #connect(): Promise<void> {
    try {
      const stream = await this.#open();
      this.#listen(stream);
      stream.write({ create_request: { ...this.#range } });
    } catch {
      this.#reconnect(); // Hints are lost meanwhile; listing says what is wrong with the store.
    }
  }

  #listen(stream: WatchStream): void {
    this.#stream = stream;
    const over = () => this.#stream === stream && this.#reconnect();
    stream.on('error', over);
    stream.on('end', over);
    stream.on('data', ({ canceled }) => {
      if (this.#disposed) return;
      this.#changed();
      if (canceled) over();
    });
    if (this.#disposed) stream.cancel();
  }

  #reconnect(): void {
    this.#stream?.cancel();
    this.#stream = undefined;
    if (this.#disposed) return;
    this.#timer = setTimeout(() => void this.#connect(), this.#retryMs).unref();
  }
}
