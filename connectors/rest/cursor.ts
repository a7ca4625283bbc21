const sqlTime = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00(?::00)?)?$/;

/** A cursor as it is sent to an API: times as ISO text in UTC, everything else as it is. */
export function sinceText(cursor: string | undefined): string | undefined {
  const [, day, time] = sqlTime.exec(cursor ?? '') ?? [];
  return day === undefined ? cursor : `${day}T${time}Z`;
}
