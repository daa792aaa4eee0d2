declare const brand: unique symbol;

/** A parsed string, assignable to `string` but made only by the parser of its kind. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };
