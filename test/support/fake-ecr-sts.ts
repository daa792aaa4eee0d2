import { EcrFault } from './fake-ecr-operations.ts';

export interface StsOptions {
  /** The external ID that the trust policy of every role requires. */
  readonly externalId?: string;
  /** The lifetime of sessions that STS announces; default one hour. */
  readonly sessionSeconds?: number;
}

export interface XmlAnswer {
  readonly status: number;
  readonly body: string;
}

/** The AssumeRole operation of STS: each call creates a session. */
export class FakeSts {
  readonly #options: StsOptions;
  #given = 0;
  #expired: number | undefined;

  constructor(options: StsOptions) {
    this.#options = options;
  }

  /** Expires all sessions created so far, and static keys. */
  expire(): void {
    this.#expired = this.#given;
  }

  /** @throws EcrFault when the key's session has expired */
  check(accessKeyId: string): void {
    if (this.#expired === undefined) return;
    const session = /^ASIASESSION(\d+)$/.exec(accessKeyId)?.[1] ?? '0';
    if (Number(session) <= this.#expired) {
      throw new EcrFault('ExpiredTokenException', 'The security token included in the request is expired');
    }
  }

  assumeRole(form: URLSearchParams): XmlAnswer {
    const { externalId, sessionSeconds = 3600 } = this.#options;
    if (externalId !== undefined && form.get('ExternalId') !== externalId) return refusal(form.get('RoleArn') ?? '');
    this.#given += 1;
    const expiration = new Date(Date.now() + sessionSeconds * 1000).toISOString();
    const body =
      '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>' +
      `<AccessKeyId>ASIASESSION${this.#given}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>` +
      `<SessionToken>token</SessionToken><Expiration>${expiration}</Expiration></Credentials>` +
      '</AssumeRoleResult></AssumeRoleResponse>';
    return { status: 200, body };
  }
}

function refusal(role: string): XmlAnswer {
  const message = `User: arn:aws:iam::123456789012:user/auditor is not authorized to perform: sts:AssumeRole on resource: ${role}`;
  return {
    status: 403,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error></ErrorResponse>`,
  };
}
