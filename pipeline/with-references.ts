import type { SecretRef } from '../shared/secrets.ts';
import type { ParamRef } from './references.ts';

/** Options in which any value may be a parameter of the run, and any text a secret. */
export type WithReferences<T> = T extends string
  ? T | SecretRef | ParamRef
  : T extends number | boolean
    ? T | ParamRef
    : T extends readonly (infer Item)[]
      ? readonly WithReferences<Item>[] | ParamRef
      : T extends object
        ? { readonly [Name in keyof T]: WithReferences<T[Name]> } | SecretRef
        : T;
