import table from '../../../config/official-images.json' with { type: 'json' };

/** How an image's tags name its variant. */
export type TagScheme =
  | 'slim'
  | 'suite-slim'
  | 'slim-suite'
  | 'suite'
  | 'php'
  | 'temurin'
  | 'nginx'
  | 'dotnet'
  | 'none';

/** A well-known image, and what it leaves in the history of images built on it. */
export interface OfficialImage {
  readonly repository: string;
  /** The variable that its Dockerfile sets. */
  readonly env: string;
  /** What the variable's value looks like, where several images set it. */
  readonly value?: RegExp;
  /** The variable that carries the version, where it is another. */
  readonly versionEnv: string;
  readonly versionPattern?: RegExp;
  /** Instructions that end its Dockerfile: a verb and its words. */
  readonly ends: readonly { readonly verb: string; readonly words: string }[];
  /** Its Dockerfile begins by setting the variable: what came before is another image. */
  readonly begins: boolean;
  readonly tags: TagScheme;
  /** The distribution of its variants that use apt. */
  readonly aptDistro?: string;
}

const IMAGES: readonly OfficialImage[] = table.images.map((row) => ({
  repository: row.repository,
  env: row.env,
  versionEnv: row.versionEnv ?? row.env,
  ends: (row.ends ?? []).map((end) => ({ verb: end.split(' ', 1)[0] ?? '', words: end.slice(end.indexOf(' ') + 1) })),
  begins: row.begins ?? false,
  tags: row.tags as TagScheme,
  ...(row.value === undefined ? {} : { value: new RegExp(row.value) }),
  ...(row.versionPattern === undefined ? {} : { versionPattern: new RegExp(row.versionPattern) }),
  ...(row.aptDistro === undefined ? { aptDistro: 'debian' } : row.aptDistro === '' ? {} : { aptDistro: row.aptDistro }),
}));

const BY_ENV = new Map<string, OfficialImage[]>();
for (const image of IMAGES) BY_ENV.set(image.env, [...(BY_ENV.get(image.env) ?? []), image]);

/** The well-known image whose Dockerfile sets this variable to such a value. */
export function officialImageOf(name: string, value: string): OfficialImage | undefined {
  return BY_ENV.get(name)?.find((image) => image.value === undefined || image.value.test(value));
}
