import { BASE_NAME } from '../oci/manifest.ts';
import { type DistroName, distroName, distroOfSuite } from './knowledge/distros.ts';

type Labels = Readonly<Record<string, string>>;

interface LabelRule {
  readonly label: string;
  readonly pattern: RegExp;
  readonly id: string;
  /**
   * The label that holds the version, if the pattern does not capture it. Images built on top may overwrite that label.
   */
  readonly version?: { readonly label: string; readonly pattern: RegExp };
}

/**
 * SUSE's Base Container Images that come without a language. All other SUSE images inherit one of their labels.
 * @see SUSE/BCI-tests, tests/test_metadata.py
 */
const SUSE_BASES = ['base', 'minimal', 'micro', 'init', 'busybox'] as const;

/** Labels that distributions set on their own images. Images built on top inherit them. */
const RULES: readonly LabelRule[] = [
  {
    label: 'org.opencontainers.image.ref.name',
    pattern: /^ubuntu$/,
    id: 'ubuntu',
    version: { label: 'org.opencontainers.image.version', pattern: /^(\d\d\.(?:04|10))$/ },
  },
  { label: 'com.redhat.component', pattern: /(?:^|-)ubi(\d+)-/, id: 'rhel' },
  { label: 'name', pattern: /^(?:ubi|rhel)(\d+)/, id: 'rhel' },
  { label: 'io.k8s.display-name', pattern: /Red Hat Universal Base Image (\d+)/, id: 'rhel' },
  { label: 'io.openshift.tags', pattern: /\bbase rhel(\d+)/, id: 'rhel' },
  { label: 'url', pattern: /\/ubi(\d+)\//, id: 'rhel' },
  { label: 'cpe', pattern: /enterprise_linux:(\d+)|::el(\d+)$/, id: 'rhel' },
  { label: 'org.label-schema.name', pattern: /^CentOS (?:Stream (\d+) )?Base Image/, id: 'centos' },
  { label: 'name', pattern: /^CentOS (?:Stream (\d+) )?Base Image/, id: 'centos' },
  { label: 'name', pattern: /^AlmaLinux/, id: 'almalinux' },
  { label: 'name', pattern: /^SL(\d) Base Image$/, id: 'scientific' },
  { label: 'name', pattern: /^fedora$/, id: 'fedora', version: { label: 'version', pattern: /^(\d\d)$/ } },
  {
    label: 'org.opencontainers.image.vendor',
    pattern: /^Fedora Project$/,
    id: 'fedora',
    version: { label: 'org.opencontainers.image.version', pattern: /^([3-9]\d)$/ },
  },
  {
    label: 'com.coreos.osname',
    pattern: /^fedora-coreos$/,
    id: 'fedora',
    version: { label: 'org.opencontainers.image.version', pattern: /^([3-9]\d)\.\d{8}\./ },
  },
  { label: 'com.docker.dhi.distro', pattern: /^debian-(\d+)$/, id: 'debian' },
  { label: 'com.docker.dhi.distro', pattern: /^alpine-(\d+\.\d+)$/, id: 'alpine' },
  { label: 'name', pattern: /^Photon OS \S*?\/?(\d\.\d)/, id: 'photon' },
  {
    label: 'org.opencontainers.image.title',
    pattern: /^openSUSE Tumbleweed/,
    id: 'opensuse-tumbleweed',
    version: { label: 'org.opencontainers.image.version', pattern: /^(\d{8})(?=$|[.-])/ },
  },
  {
    label: 'org.opensuse.base.title',
    pattern: /^openSUSE Tumbleweed/,
    id: 'opensuse-tumbleweed',
    version: { label: 'org.opensuse.base.version', pattern: /^(\d{8})(?=$|[.-])/ },
  },
  { label: 'org.opensuse.base.title', pattern: /^openSUSE Leap (\d+\.\d+)/, id: 'opensuse-leap' },
  { label: 'org.opencontainers.image.title', pattern: /^openSUSE Leap (\d+\.\d+)/, id: 'opensuse-leap' },
  { label: 'org.opencontainers.image.title', pattern: /^Kali Linux/, id: 'kali' },
  { label: 'org.opencontainers.image.title', pattern: /^Arch Linux/, id: 'arch' },
  { label: 'com.suse.sle.base.version', pattern: /^(\d+(?:\.\d+)?)/, id: 'sles' },
  ...SUSE_BASES.map((name) => ({ label: `com.suse.bci.${name}.version`, pattern: /^(1\d\.\d+)\./, id: 'sles' })),
  { label: 'com.suse.sle.micro.rancher.version', pattern: /^(\d+\.\d+)/, id: 'sle-micro' },
];

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
    bootableDistro(labels) ??
    buildpacksDistro(labels) ??
    bitnamiDistro(env.get('OS_FLAVOUR')) ??
    minidebDistro(labels) ??
    environmentDistro(env)
  );
}

/** Labels of bootable container images, from Fedora and its derivatives. @see CentOS/centos-bootc, Containerfile */
function bootableDistro(labels: Labels): LabelledDistro | undefined {
  const id = /^(?:fedora|centos|rhel|almalinux|rocky)$/.exec(labels['redhat.id'] ?? '')?.[0];
  if (id === undefined) return undefined;
  const version = /^\d+(?:\.\d+)?$/.exec(labels['redhat.version-id'] ?? '')?.[0];
  return { distro: distroName(id, version), label: 'redhat.id' };
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
