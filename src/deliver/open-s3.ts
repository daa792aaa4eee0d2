const CONNECT_WITHIN_MS = 10_000;

/**
 * Opens a client of S3. Credentials and region are AWS's usual ones. AWS_ENDPOINT_URL_S3 names the endpoint of another
 * store; it is addressed with the bucket in the path.
 * @param socketTimeout how long the store may be silent, in milliseconds
 */
export async function openS3(socketTimeout: number) {
  const s3 = await import('@aws-sdk/client-s3');
  const { createProxyingAgents } = await import('../network/agents.ts');
  const { Proxies } = await import('../network/proxies.ts');
  const agents = createProxyingAgents(new Proxies(process.env), { keepAlive: true }, CONNECT_WITHIN_MS);
  const forcePathStyle = process.env.AWS_ENDPOINT_URL_S3 !== undefined;
  const client = new s3.S3Client({ forcePathStyle, requestHandler: { ...agents, socketTimeout } });
  return { s3, client };
}
