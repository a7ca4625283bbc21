/** Compiled, never run: what the row types must say, and what must not compile. */
import type { ResultRowOf, RowOf, ValueOf } from '../../shared/types/row.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

holds<Equal<ValueOf<'integer'>, number>>();
holds<Equal<ValueOf<'BIGINT'>, bigint>>();
holds<Equal<ValueOf<'hugeint'>, bigint>>();
holds<Equal<ValueOf<'DECIMAL(18,3)'>, string>>();
holds<Equal<ValueOf<'decimal'>, string>>();
holds<Equal<ValueOf<' varchar '>, string>>();
holds<Equal<ValueOf<"ENUM('a', 'b')">, string>>();
holds<Equal<ValueOf<'Timestamp with time zone'>, Date>>();
holds<Equal<ValueOf<'blob'>, Uint8Array>>();
holds<Equal<ValueOf<'INTEGER[]'>, readonly (number | null)[]>>();
holds<Equal<ValueOf<'INTEGER[][]'>, readonly (readonly (number | null)[] | null)[]>>();
holds<Equal<ValueOf<'FLOAT[3]'>, readonly (number | null)[]>>();
holds<
  Equal<ValueOf<'STRUCT(a INTEGER, "b c" DECIMAL(4,1))'>, { readonly a: number | null; readonly 'b c': string | null }>
>();
holds<
  Equal<
    ValueOf<'STRUCT(a STRUCT(b BIGINT, c DATE), d BOOLEAN)[]'>,
    readonly ({
      readonly a: { readonly b: bigint | null; readonly c: Date | null } | null;
      readonly d: boolean | null;
    } | null)[]
  >
>();
holds<Equal<ValueOf<'MAP(VARCHAR, DECIMAL(4,1))'>, ReadonlyMap<string, string | null>>>();
holds<Equal<ValueOf<string>, unknown>>();
holds<Equal<RowOf<{ a: 'integer'; b: 'text' }>, { a: number | null; b: string | null }>>();

const result: ResultRowOf<{ a: 'bigint'; d: 'decimal(9,2)'; s: 'varchar' }> = { a: 1, d: 1.5, s: null };
// @ts-expect-error a string is no bigint
const wrong: ResultRowOf<{ a: 'bigint' }> = { a: 'x' };
// @ts-expect-error the column b is missing
const missing: ResultRowOf<{ a: 'bigint'; b: 'integer' }> = { a: 1n };
export const used = [result, wrong, missing];
