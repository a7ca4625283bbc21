/**
 * Writes `docs/configuration.md` from the configuration table. Run it after changing a setting: a test holds the two
 * together.
 */
import { writeFileSync } from 'node:fs';
import { variableName } from '../shared/config/config.ts';
import { GiB, KiB, MiB, type Setting } from '../shared/config/setting.ts';
import { sections } from '../shared/config/table.ts';

const head = `# Configuration

Every queue, buffer, retry, wait and message has a limit with a name. Each is read once, when a process starts, from the
environment variable named here; a flag of the command line wins over it where there is one. A value outside its limits
is refused at start.

This page is generated from \`shared/config\` by \`node scripts/configuration-docs.ts\`.
`;

/** The reference as Markdown: a table per section, a row per setting. */
export function configurationDocs(): string {
  const tables = Object.entries(sections).map(([title, section]) => {
    const rows = Object.entries(section as Record<string, Setting>).map(([name, setting]) => row(name, setting));
    return [`## ${title}`, '', '| variable | default | limits | meaning |', '| --- | --- | --- | --- |', ...rows].join(
      '\n',
    );
  });
  return `${[head.trimEnd(), ...tables].join('\n\n')}\n`;
}

const row = (name: string, { default: value, min, max, unit, doc }: Setting): string =>
  `| \`${variableName(name)}\` | ${amount(value, unit)} | ${amount(min, unit)} – ${amount(max, unit)} | ${doc} |`;

/** A number as a person writes it: `4 MiB`, `10 s`, `65,536`. Never rounded: the next smaller unit is used instead. */
function amount(value: number, unit: Setting['unit']): string {
  if (unit === 'percent') return `${value} %`;
  if (unit === 'count') return value.toLocaleString('en-US');
  const scales: readonly (readonly [number, string])[] =
    unit === 'bytes'
      ? [
          [GiB, 'GiB'],
          [MiB, 'MiB'],
          [KiB, 'KiB'],
        ]
      : [
          [3_600_000, 'h'],
          [60_000, 'min'],
          [1000, 's'],
        ];
  const scale = scales.find(([size]) => value >= size && value % size === 0);
  const [size, name] = scale ?? [1, unit === 'bytes' ? 'B' : 'ms'];
  return `${(value / size).toLocaleString('en-US')} ${name}`;
}

if (import.meta.main) writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationDocs());
