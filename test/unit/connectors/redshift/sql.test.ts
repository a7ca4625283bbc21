import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRedshiftOptions } from '../../../../connectors/redshift/options.ts';
import * as sql from '../../../../connectors/redshift/sql.ts';
import { redshiftColumns } from '../../../../connectors/redshift/types.ts';

const options = parseRedshiftOptions({
  connection: 'redshift://loader:secret@cluster.example.eu-west-1.redshift.amazonaws.com/dev',
  ...{ table: 'public.visits', mode: 'merge', key: ['id'], orderBy: 'at' },
  ...{ stage: 's3://staging/sheaf', iamRole: 'arn:aws:iam::123456789012:role/load', region: 'eu-west-1' },
});
const columns = redshiftColumns([
  { name: 'id', type: 'UUID' },
  { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'price', type: 'DECIMAL(9,2)' },
  { name: 'tags', type: 'VARCHAR[]' },
]);
const table = { schema: 'public', name: 'visits' };
const oneLine = (text: string | undefined) => text?.replace(/\s+/g, ' ');

test('the connection is verified unless it says otherwise, at the port of Redshift', () => {
  assert.deepEqual([options.server.port, options.server.sslmode], [5439, 'verify-full']);
});

test('the statements of a merge, as Redshift gets them', () => {
  assert.deepEqual(
    columns.map(({ written }) => written),
    [
      'CAST("id" AS VARCHAR) AS "id"',
      'CAST(timezone(\'UTC\', "at") AS TIMESTAMP) AS "at"',
      '"price" AS "price"',
      'CAST(to_json("tags") AS VARCHAR) AS "tags"',
    ],
  );
  assert.equal(
    oneLine(sql.createTargetSql(table, columns)),
    'CREATE TABLE "public"."visits" ("id" varchar(36), "at" timestamptz, "price" numeric(9,2), "tags" varchar(65535))',
  );
  assert.equal(
    oneLine(sql.createStageSql(columns)),
    'CREATE TEMP TABLE sheaf_stage (sheaf_attempt varchar(64), sheaf_position bigint, "id" varchar(36), "at" timestamp, "price" numeric(9,2), "tags" varchar(65535))',
  );
  assert.equal(
    sql.copySql('s3://staging/sheaf/run/manifest.json', options),
    "COPY sheaf_stage FROM 's3://staging/sheaf/run/manifest.json' IAM_ROLE 'arn:aws:iam::123456789012:role/load' FORMAT AS PARQUET MANIFEST REGION 'eu-west-1'",
  );
  assert.equal(
    sql.manifestText([{ url: 's3://staging/a.parquet', bytes: 7 }]),
    '{"entries":[{"url":"s3://staging/a.parquet","mandatory":true,"meta":{"content_length":7}}]}',
  );
  assert.equal(
    oneLine(sql.newestSql(options)),
    'CREATE TEMP TABLE sheaf_newest AS SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY "id" ORDER BY "at" DESC NULLS LAST, sheaf_attempt DESC, sheaf_position DESC) AS sheaf_rank FROM sheaf_stage) ranked WHERE sheaf_rank = 1',
  );
  assert.equal(
    oneLine(sql.dropOlderSql(table, columns, options)),
    `DELETE FROM sheaf_newest USING "public"."visits" t WHERE t."id" = sheaf_newest."id" AND t."at" IS NOT NULL AND (sheaf_newest."at" AT TIME ZONE 'UTC' IS NULL OR t."at" > sheaf_newest."at" AT TIME ZONE 'UTC')`,
  );
  assert.equal(
    oneLine(sql.dropReplacedSql(table, columns, options)),
    'DELETE FROM "public"."visits" USING sheaf_newest WHERE "public"."visits"."id" = sheaf_newest."id"',
  );
  assert.equal(
    oneLine(sql.insertSql(table, columns, sql.newestTable)),
    `INSERT INTO "public"."visits" ("id", "at", "price", "tags") SELECT s."id", s."at" AT TIME ZONE 'UTC', s."price", s."tags" FROM sheaf_newest s`,
  );
});

test('options that would end in SQL are checked', () => {
  const good = { connection: 'redshift://u:p@h/d', table: 't', mode: 'append', stage: 's3://b/p', iamRole: 'default' };
  parseRedshiftOptions(good);
  for (const bad of [
    { iamRole: "x' FORMAT" },
    { region: "eu'" },
    { stage: '/local' },
    { mode: 'merge' },
    { contract: 'reject' },
    { other: 1 },
  ]) {
    assert.throws(() => parseRedshiftOptions({ ...good, ...bad }), { code: 'PLAN_INVALID' }, JSON.stringify(bad));
  }
});
