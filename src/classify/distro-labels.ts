import table from '../../config/distros.json' with { type: 'json' };
import { BASE_NAME } from '../oci/manifest.ts';
import { type DistroName, distroName, distroOfSuite } from './knowledge/distros.ts';

type Labels = Readonly<Record<string, string>>;

/** A label that a distribution sets on its own images, and the one with the version if the pattern does not capture that. */
const RULES = table.labels.map(({ label, pattern, id, version }) => ({
  label,
  pattern: new RegExp(pattern),
  id,
  version: version && { label: version.label, pattern: new RegExp(version.pattern) },
}));

/** A distribution, and the name of the label or variable that declares it. */
interface LabelledDistro {
  readonly distro: DistroName;
  readonly label: string;
}

/** The distribution that an image's labels or environment declare. */
export function labelDistro(labels: Labels, env: ReadonlyMap<string, string>): LabelledDistro | undefined {
  for (const rule of RULES) {
    const label = labels[rule.label];
    const match = label === undefined ? null : rule.pattern.exec(label.slice(0, 300));
    if (!match) continue;
    const version = match[1] ?? match[2] ?? rule.version?.pattern.exec(labels[rule.version.label] ?? '')?.[1];
    return { distro: distroName(rule.id, version), label: rule.label };
  }
  return (
    buildpacksDistro(labels) ?? bitnamiDistro(env.get('OS_FLAVOUR')) ?? minidebDistro(labels) ?? environmentDistro(env)
  );
}

/** Labels of buildpacks' run images. @see buildpacks/spec, platform.md, "Labels" of run images */
function buildpacksDistro(labels: Labels): LabelledDistro | undefined {
  for (const prefix of ['io.buildpacks.base.distro', 'io.buildpacks.stack.distro']) {
    const id = labels[`${prefix}.name`]?.toLowerCase();
    if (id) return { distro: distroName(id, labels[`${prefix}.version`]), label: `${prefix}.name` };
  }
  const stack = labels['io.buildpacks.stack.id'] ?? '';
  const suite = distroOfSuite(/\.([a-z]+)(?:\.tiny)?$/.exec(stack)?.[1] ?? '');
  if (suite) return { distro: suite, label: 'io.buildpacks.stack.id' };
  const year = /^(?:heroku-|google\.(?:gae\.)?)(\d\d)(?:-build)?$/.exec(stack)?.[1];
  return year ? { distro: { id: 'ubuntu', version: `${year}.04` }, label: 'io.buildpacks.stack.id' } : undefined;
}

/** Whether an image is from AWS Lambda: those are built on Amazon Linux and have their runtime in /var/lang. */
export function isLambda(env: ReadonlyMap<string, string>): boolean {
  return env.has('LAMBDA_TASK_ROOT') && env.get('LD_LIBRARY_PATH')?.includes('/var/lang/') === true;
}

/** Variables that vendors set: Fedora's `FGC=f39` or `DISTTAG=f39container`, and AWS Lambda's. */
function environmentDistro(env: ReadonlyMap<string, string>): LabelledDistro | undefined {
  const fedora =
    /^f(\d\d)$/.exec(env.get('FGC') ?? '')?.[1] ?? /^f(\d\d)container$/.exec(env.get('DISTTAG') ?? '')?.[1];
  if (fedora !== undefined) return { distro: { id: 'fedora', version: fedora }, label: 'env FGC' };
  return isLambda(env) ? { distro: { id: 'amzn' }, label: 'env LAMBDA_TASK_ROOT' } : undefined;
}

/** Bitnami's variable: `OS_FLAVOUR=debian-12`. */
function bitnamiDistro(value: string | undefined): LabelledDistro | undefined {
  const [, id, version] = /^(debian|photon|ubuntu)-([\d.]+)$/.exec(value ?? '') ?? [];
  return id && version ? { distro: { id, version }, label: 'env OS_FLAVOUR' } : undefined;
}

function minidebDistro(labels: Labels): LabelledDistro | undefined {
  const suite = /\/minideb:([a-z]+)/.exec(labels[BASE_NAME] ?? '')?.[1];
  const distro = distroOfSuite(suite ?? '');
  return distro ? { distro, label: BASE_NAME } : undefined;
}
