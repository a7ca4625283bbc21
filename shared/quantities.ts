/** How numbers of things are told to people, everywhere alike. */

/** `1 task`, `2 tasks`; with `formatCount`, `12.3 k tasks`. */
export const plural = (count: number, noun: string, format: (count: number) => string = String): string =>
  `${format(count)} ${noun}${count === 1 ? '' : 's'}`;

/** `950`, `12.3 k`, `4.1 M`. */
export function formatCount(count: number): string {
  const units = ['', ' k', ' M', ' G', ' T'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return power === 0 ? String(count) : `${(count / 1000 ** power).toFixed(1)}${units[power]}`;
}

/** `0 B`, `12.3 MB`, `4.0 GB`: powers of ten. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(names.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${names[power]}`;
}

/** `340 ms`, `1.2 s`, `3 min 5 s`, `2 h 14 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const [minutes, seconds] = [Math.floor(ms / 60_000), Math.floor((ms % 60_000) / 1000)];
  return minutes < 60 ? `${minutes} min ${seconds} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
