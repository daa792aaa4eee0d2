import type { ImageConfig } from '../../oci/image-config.ts';
import type { Rule } from '../rule.ts';

/** Init systems, which need to be root to start services as the users that they belong to. */
const INIT_SYSTEM = /^(?:\/usr)?\/(?:s?bin\/(?:init|systemd)|lib\/systemd\/systemd)$/;

/** Whether the image starts a whole system: by an init system, also behind a script, or by itself (bootc). */
function startsSystem({ entrypoint, cmd, labels }: ImageConfig): boolean {
  return labels['containers.bootc'] === '1' || [...entrypoint, ...cmd].some((word) => INIT_SYSTEM.test(word));
}

export const rootUser: Rule = {
  id: 'root-user',
  severity: 'warn',
  title: 'The container runs as root',
  find: ({ image }) => {
    if (image.verdict.runsAsRoot !== true || startsSystem(image.config)) return undefined;
    return {
      confidence: 'proven',
      message:
        'Create a user and set it in the last stage by its number ("USER 10001"): Kubernetes can check runAsNonRoot only with a number',
      evidence: [{ subject: image.config.user === '' ? 'no USER' : `USER ${image.config.user}` }],
    };
  },
};
