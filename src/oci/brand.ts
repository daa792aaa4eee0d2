declare const brand: unique symbol;

/** A string that was parsed: only the parser of its kind can make one. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };
