const colors: Readonly<Record<string, string>> = { warn: '33', error: '31', debug: '90', trace: '90' };

/**
 * One JSON log line as one readable line: `12:00:01.250 warn worker: lost its lease  worker=w1`.
 * A stack follows on lines of its own.
 */
export function formatLogLine(line: string, color: boolean): string {
  const { level, time, name, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 23);
  const values = Object.entries(fields).map(([key, value]) => `${key}=${fieldText(value)}`);
  const text = `${clock} ${paint(String(level), color)} ${name}: ${[msg ?? '', ...values].join('  ')}`;
  return `${text}${errorText(err)}\n`;
}

const fieldText = (value: unknown): string =>
  typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value);

function paint(level: string, color: boolean): string {
  const code = colors[level];
  return color && code ? `\u001b[${code}m${level}\u001b[0m` : level;
}

function errorText(error: unknown): string {
  if (error === undefined) return '';
  const { stack, message } = error as { stack?: string; message?: string };
  return `\n  ${(stack ?? message ?? JSON.stringify(error)).replaceAll('\n', '\n  ')}`;
}
