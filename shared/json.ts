/** Plain data, as it travels in plans and lies in the store. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
