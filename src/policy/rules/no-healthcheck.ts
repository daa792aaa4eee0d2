import type { Rule } from '../rule.ts';

export const noHealthcheck: Rule = {
  id: 'no-healthcheck',
  severity: 'info',
  title: 'The image has no HEALTHCHECK',
  find: ({ image }) => {
    const { config, verdict } = image;
    if (config.healthcheck || config.exposedPorts.length === 0) return undefined;
    // An image without a shell or a client has nothing that could run the check.
    if (verdict.variant === undefined || ['scratch', 'distroless'].includes(verdict.variant.value)) return undefined;
    return {
      confidence: 'proven',
      message:
        'Docker and Compose cannot tell whether the service works: add a HEALTHCHECK (Kubernetes uses its own probes instead)',
      evidence: config.exposedPorts.map((subject) => ({ subject })),
    };
  },
};
