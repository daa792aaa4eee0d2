/** A client of S3, with the SDK's module, which has its commands. */
export type OpenS3 = Awaited<ReturnType<typeof openS3>>;

const CONNECT_WITHIN_MS = 10_000;

/**
 * Opens a client of S3. Credentials and region are AWS's usual ones. AWS_ENDPOINT_URL_S3 names the endpoint of another
 * store; it is addressed with the bucket in the path.
 * @param silentForMs how long the store may be silent
 */
export async function openS3(silentForMs: number) {
  const s3 = await import('@aws-sdk/client-s3');
  const { createProxyingAgents } = await import('../network/agents.ts');
  const { Proxies } = await import('../network/proxies.ts');
  const agents = createProxyingAgents(new Proxies(process.env), { keepAlive: true }, CONNECT_WITHIN_MS);
  const forcePathStyle = process.env.AWS_ENDPOINT_URL_S3 !== undefined;
  const client = new s3.S3Client({ forcePathStyle, requestHandler: { ...agents, socketTimeout: silentForMs } });
  return { s3, client };
}
