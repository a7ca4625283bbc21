/** An address for people: without user, password and values of the query, which may be secrets; paging stays. */
export function placeOf(url: string, shown: readonly string[] = []): string {
  const { origin, pathname, searchParams } = new URL(url);
  const kept = [...searchParams].filter(([name]) => shown.includes(name)).map(([name, value]) => `${name}=${value}`);
  return `${origin}${pathname}${kept.length > 0 ? `?${kept.join('&')}` : ''}`;
}
