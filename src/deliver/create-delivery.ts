import { hash } from 'node:crypto';
import type { AuditContext } from '../audit/context.ts';
import { isStoreOutage } from '../database/exceeds-resources.ts';
import { DeliveryError, messageOf } from '../errors.ts';
import { Proxies } from '../network/proxies.ts';
import { notifyEndpoint } from '../settings/notify-endpoint.ts';
import type { Environment, NotifySettings, Settings } from '../settings/settings.ts';
import { type AuditRow, findAudit, listAuditSources } from '../store/audit-store.ts';
import { readDeliveredKeys, recordDelivery } from '../store/delivery-store.ts';
import { type AuditEvent, auditEvents, type EventName } from './audit-events.ts';
import { slackBody, webhookBody } from './message.ts';
import { postWebhook } from './webhook.ts';
import { type ReportWriter, writeReport } from './write-report.ts';

/** What reports and notifications are made from. */
export interface DeliveryOptions extends ReportWriter {
  readonly settings: Pick<Settings, 'reports' | 'notify' | 'policy' | 'prices'>;
  readonly environment: Environment;
  /** The delays before retries of a webhook (ms); default: those of {@link postWebhook}. */
  readonly delaysMs?: readonly number[];
}

/**
 * Returns the function that writes the configured reports of an audit and calls the webhooks. It is idempotent: a
 * report is written to the same place again, and a message that was delivered is not sent again. A failure does not
 * stop the other deliveries; at the end, the function throws a DeliveryError that names all failures, or the failure of the
 * database if that is away.
 */
export function createDelivery(options: DeliveryOptions): AuditContext['deliver'] {
  const { settings, db, log } = options;
  return async (auditId, signal) => {
    if (settings.reports.length === 0 && settings.notify.length === 0) return;
    const audit = await findAudit(db, auditId);
    if (!audit) return;
    const failures = new Set<string>();
    let outage: Error | undefined;
    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        signal.throwIfAborted();
        if (isStoreOutage(error)) {
          outage = error;
          return;
        }
        // One unset variable fails every message to its endpoint.
        if (!failures.has(messageOf(error))) log.warn({ audit: auditId, error }, 'a delivery failed');
        failures.add(messageOf(error));
      }
    };
    const source = (await listAuditSources(db, auditId)).map(({ name }) => name).join('+');
    for (const report of settings.reports)
      await attempt(() => writeReport(options, report, { ...audit, source }, signal));
    await attempt(() => notify(options, audit, attempt, signal));
    if (outage) throw outage;
    if (failures.size > 0) throw new DeliveryError([...failures].join('; '));
  };
}

/** Sends each event to each endpoint that is configured for it, unless it was delivered before. */
async function notify(
  { settings, environment, db, delaysMs }: DeliveryOptions,
  audit: AuditRow,
  attempt: (work: () => Promise<unknown>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Set<EventName>(settings.notify.flatMap(({ on }) => on));
  if (wanted.size === 0) return;
  const events = await auditEvents(db, audit, settings, wanted);
  const delivered = await readDeliveredKeys(db, audit.id);
  const proxies = new Proxies(environment);
  const messages = settings.notify.flatMap((target) =>
    events.flatMap((event) => {
      const key = keyOf(target, event);
      return target.on.includes(event.event) && !delivered.has(key) ? [{ target, event, key }] : [];
    }),
  );
  // In parallel, so that an unreachable endpoint does not delay the others.
  await Promise.all(
    messages.map(({ target, event, key }) =>
      attempt(async () => {
        const message = { event: event.event, id: `${audit.id}-${key}`, body: BODIES[target.kind](event) };
        const timestamp = Math.floor(Date.now() / 1_000);
        const endpoint = notifyEndpoint(target, environment);
        await postWebhook(endpoint, message, { signal, timestamp, proxies, delaysMs });
        await recordDelivery(db, audit.id, key, new Date().toISOString());
      }),
    ),
  );
}

const BODIES = { slack: slackBody, webhook: webhookBody };

/** Identifies an event at an endpoint by a hash, which does not reveal the URL. */
function keyOf({ kind, url, urlFrom }: NotifySettings, { event }: AuditEvent): string {
  return `${event}-${hash('sha256', `${kind} ${url ?? ''} ${urlFrom ?? ''}`, 'hex').slice(0, 16)}`;
}
