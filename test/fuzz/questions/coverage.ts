/** Counts of what was generated, by group and name. */
export class Coverage {
  readonly #counts = new Map<string, Map<string, number>>();

  /** Returns the name, so that it may be counted where it is written. */
  count(group: string, name: string): string {
    const names = this.#counts.get(group) ?? new Map<string, number>();
    names.set(name, (names.get(name) ?? 0) + 1);
    this.#counts.set(group, names);
    return name;
  }

  /** One line a group: its names by how often they came, the rarest last. */
  lines(): string[] {
    return [...this.#counts].map(([group, names]) => {
      const sorted = [...names].sort(([, a], [, b]) => b - a);
      return `${group} (${names.size}): ${sorted.map(([name, count]) => `${name} ${count}`).join(', ')}`;
    });
  }

  /** Names of one group. */
  names(group: string): readonly string[] {
    return [...(this.#counts.get(group)?.keys() ?? [])];
  }
}
