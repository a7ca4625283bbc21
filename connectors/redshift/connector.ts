import { redshiftSinkWith } from './sink.ts';
import { copySql } from './sql.ts';
import { s3Staging } from './staging.ts';

/** Loads through objects of S3 that Redshift reads by `COPY`. */
export const sink = redshiftSinkWith({
  staging: (options, { config, signal }) => s3Staging(options, config, signal),
  async copy(session, manifest, options) {
    await session.run(copySql(manifest, options));
  },
});
