/**
 * SQL: whether a row `i` of `slimboard_images` is an image; only images have a pull size. Postgres knows how many rows
 * this selects. Of the view's column `kind`, an expression, it expects one row of two hundred to be an image, and would
 * look up all else for each row: the sums of a registry took almost twice the time.
 */
export const IS_IMAGE = 'i.compressed_bytes is not null';
