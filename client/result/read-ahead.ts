/** A source that is read ahead of its consumer, up to so many bytes (and one item beyond). Starts at once. */
class ReadAhead<Item> {
  readonly #source: AsyncIterator<Item>;
  readonly #bytesOf: (item: Item) => number;
  readonly #bytesMax: number;
  readonly #ready: Item[] = [];
  readonly #pump: Promise<void>;
  #bytes = 0;
  #stopped = false;
  #ended = false;
  #changed = Promise.withResolvers<void>();

  constructor(source: AsyncIterable<Item>, bytesOf: (item: Item) => number, bytesMax: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#bytesOf = bytesOf;
    this.#bytesMax = bytesMax;
    this.#pump = this.#fill();
    this.#pump.catch(() => undefined); // Thrown to the consumer by `items`.
  }

  /** The items, once. Throws what the source throws, after the items before. */
  async *items(): AsyncGenerator<Item, void, undefined> {
    while (true) {
      for (let item = this.#take(); item !== undefined; item = this.#take()) yield item;
      if (this.#ended) return this.#pump;
      await this.#changed.promise;
    }
  }

  /** Ends the source and drops what it gave. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#signal();
    await this.#source.return?.();
    await this.#pump.catch(() => undefined); // Nobody reads any more.
  }

  async #fill(): Promise<void> {
    try {
      while (!this.#stopped) {
        const { done, value } = await this.#source.next();
        if (done) return;
        this.#ready.push(value);
        this.#bytes += this.#bytesOf(value);
        this.#signal();
        while (this.#bytes >= this.#bytesMax && !this.#stopped) await this.#changed.promise;
      }
    } finally {
      this.#ended = true;
      this.#signal();
    }
  }

  #take(): Item | undefined {
    const item = this.#ready.shift();
    if (item === undefined) return undefined;
    this.#bytes -= this.#bytesOf(item);
    this.#signal();
    return item;
  }

  #signal(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

/** How far sources are read ahead. */
export interface ReadAheadLimits<Item> {
  readonly bytesOf: (item: Item) => number;
  /** Over all sources. */
  readonly bytesMax: number;
  /** Sources that are open at a time. */
  readonly concurrent: number;
}

/** The items of all sources, one source after the other, while the next ones are already being read. */
export async function* inOrder<Item>(
  sources: readonly AsyncIterable<Item>[],
  { bytesOf, bytesMax, concurrent }: ReadAheadLimits<Item>,
): AsyncGenerator<Item, void, undefined> {
  const open: ReadAhead<Item>[] = [];
  const waiting = sources.values();
  const openNext = () => {
    for (const source of waiting.take(concurrent - open.length))
      open.push(new ReadAhead(source, bytesOf, bytesMax / concurrent));
  };
  try {
    for (openNext(); open[0] !== undefined; openNext()) {
      yield* open[0].items();
      open.shift();
    }
  } finally {
    await Promise.all(open.map((source) => source.stop()));
  }
}
