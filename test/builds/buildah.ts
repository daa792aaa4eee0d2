import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface BuildahOptions {
  /** Storage and settings go here. */
  readonly folder: string;
  /** `HOST:PORT` of a registry that holds the public images under their paths; none: the public registries. */
  readonly mirror: string | undefined;
  /** `HOST:PORT` that images are pushed to. */
  readonly registry: string;
  /** For each build, such as mounts of a machine's package settings. */
  readonly buildOptions: readonly string[];
}

/** Buildah with a storage of its own, for root; builds and runs without a daemon. */
export class Buildah {
  readonly #options: BuildahOptions;

  private constructor(options: BuildahOptions) {
    this.#options = options;
  }

  static async open(options: BuildahOptions): Promise<Buildah> {
    await mkdir(join(options.folder, 'tmp'), { recursive: true });
    await writeFile(join(options.folder, 'registries.conf'), registriesConf(options));
    await writeFile(join(options.folder, 'policy.json'), '{"default": [{"type": "insecureAcceptAnything"}]}');
    return new Buildah(options);
  }

  /** @throws when no registry has it */
  async pull(image: string): Promise<void> {
    await this.#call('pull', '--policy', 'missing', '--signature-policy', this.#policy, image);
  }

  /** Builds a folder, and pushes what comes out. @returns the reference to pull it by */
  async buildAndPush(context: string, dockerfile: string, name: string): Promise<string> {
    // Some machines forbid the limits that Buildah would raise.
    const limits = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=32768:32768'];
    const options = ['--pull=never', '--signature-policy', this.#policy, ...limits, ...this.#options.buildOptions];
    const file = join(context, dockerfile);
    await this.#call(
      'bud',
      '--layers',
      '--isolation',
      'chroot',
      ...options,
      '-t',
      `localhost/${name}`,
      '-f',
      file,
      context,
    );
    const reference = `${this.#options.registry}/${name}`;
    const push = ['--quiet', '--tls-verify=false', '--signature-policy', this.#policy];
    await this.#call('push', ...push, `localhost/${name}`, `docker://${reference}`);
    return reference;
  }

  /**
   * Gives `work` the command line that starts the image as its config says.
   * @returns what `work` returns
   */
  async withContainer<T>(name: string, work: (command: readonly string[]) => Promise<T>): Promise<T> {
    const container = (await this.#call('from', '--pull-never', `localhost/${name}`)).stdout.trim();
    try {
      const { OCIv1 } = JSON.parse((await this.#call('inspect', container)).stdout);
      const { Entrypoint, Cmd }: { Entrypoint?: string[]; Cmd?: string[] } = OCIv1.config;
      const words = [...(Entrypoint ?? []), ...(Cmd ?? [])];
      return await work(['buildah', ...this.#storage, 'run', '--isolation', 'chroot', container, '--', ...words]);
    } finally {
      await this.#call('rm', container);
    }
  }

  get environment(): NodeJS.ProcessEnv {
    const { folder } = this.#options;
    const settings = { CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf'), TMPDIR: join(folder, 'tmp') };
    return { ...process.env, ...settings };
  }

  get #policy(): string {
    return join(this.#options.folder, 'policy.json');
  }

  get #storage(): readonly string[] {
    return ['--root', join(this.#options.folder, 'store'), '--runroot', join(this.#options.folder, 'run')];
  }

  #call(...words: readonly string[]): Promise<{ stdout: string }> {
    const maxBuffer = 100_000_000;
    return run('buildah', [...this.#storage, ...words], { env: this.environment, maxBuffer });
  }
}

function registriesConf({ mirror, registry }: BuildahOptions): string {
  const mirrored = ['docker.io', 'gcr.io', 'mcr.microsoft.com'].map((prefix) => ({ prefix, location: mirror }));
  const all = [...(mirror === undefined ? [] : mirrored), { prefix: registry, location: registry }];
  const entries = all.map(
    ({ prefix, location }) => `[[registry]]\nprefix = "${prefix}"\nlocation = "${location}"\ninsecure = true\n`,
  );
  return `unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n${entries.join('')}`;
}
