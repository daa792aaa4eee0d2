import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, SlimboardError } from '../../../../src/errors.ts';
import { type EcrRequest, outcomeOf, toSlimboardError } from '../../../../src/registry/ecr/errors.ts';

const REQUEST: EcrRequest = {
  operation: 'DescribeImages',
  resource: 'arn:aws:ecr:eu-west-1:123456789012:repository/api',
  credentials: 'the default chain',
};

function answered(name: string, status: number): Error {
  return Object.assign(new Error('because'), { name, $metadata: { httpStatusCode: status } });
}

describe('an answer of AWS', () => {
  test.each<[string, number, ErrorCode, 'never' | 'backoff' | 'after', string]>([
    ['ThrottlingException', 400, 'rate-limited', 'after', 'throttled'],
    ['TooManyRequestsException', 429, 'rate-limited', 'after', 'throttled'],
    ['LimitExceededException', 400, 'rate-limited', 'after', 'throttled'],
    ['Whatever', 429, 'rate-limited', 'after', 'throttled'],
    ['ServerException', 500, 'registry-unavailable', 'backoff', 'failed'],
    ['Unknown', 503, 'registry-unavailable', 'backoff', 'throttled'],
    ['InternalFailure', 501, 'unsupported-content', 'never', 'answered'],
    ['SyntaxError', 200, 'registry-unavailable', 'backoff', 'answered'],
    ['AccessDeniedException', 400, 'access-denied', 'never', 'answered'],
    ['KmsException', 400, 'access-denied', 'never', 'answered'],
    ['RepositoryNotFoundException', 400, 'not-found', 'never', 'answered'],
    ['ImageNotFoundException', 400, 'not-found', 'never', 'answered'],
    ['LayersNotFoundException', 400, 'not-found', 'never', 'answered'],
    ['LayerInaccessibleException', 400, 'not-found', 'never', 'answered'],
    ['InvalidParameterException', 400, 'invalid-reference', 'never', 'answered'],
    ['ExpiredTokenException', 400, 'authentication', 'never', 'answered'],
    ['UnrecognizedClientException', 400, 'authentication', 'never', 'answered'],
    ['AccessDenied', 403, 'authentication', 'never', 'answered'],
    ['SomethingNew', 400, 'unsupported-content', 'never', 'answered'],
  ])('%s with HTTP %d is %s, retry %s', (name, status, code, retry, kind) => {
    const error = answered(name, status);
    const failure = toSlimboardError(error, REQUEST);
    expect(failure).toMatchObject({ code, retry: { kind: retry }, cause: error });
    expect(failure.message).toContain('ecr:DescribeImages');
    const outcome = { status: code === 'rate-limited' ? 429 : status, kind };
    expect(outcomeOf(error)).toEqual(status === 503 ? { ...outcome, mayBeOutage: true } : outcome);
  });

  test('is an expected failure, whatever its name and status', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 200, max: 599 }), (name, status) => {
        expect(toSlimboardError(answered(name, status), REQUEST)).toBeInstanceOf(SlimboardError);
      }),
    );
  });
});

test('a refusal names the action, the resource and where to allow it', () => {
  const { message } = toSlimboardError(answered('AccessDeniedException', 400), REQUEST);
  expect(message).toContain(`ecr:DescribeImages on ${REQUEST.resource} is not allowed`);
  expect(message).toContain('IAM policy');
});

test('hints of the SDK for programmers are left out', () => {
  const error = Object.assign(answered('SyntaxError', 404), { message: 'no JSON\n  inspect the hidden field' });
  expect(toSlimboardError(error, REQUEST).message).toMatch(/\(SyntaxError: no JSON\)$/);
});

test('refused credentials name their source', () => {
  const { message } = toSlimboardError(answered('UnrecognizedClientException', 400), REQUEST);
  expect(message).toMatch(
    /^AWS refused the credentials \(the default chain\) for ecr:DescribeImages: .*\. Renew them /,
  );
});

test('credentials that nobody has are not called refused', () => {
  const missing = Object.assign(new Error('Could not load credentials from any providers'), {
    name: 'CredentialsProviderError',
  });
  const failure = toSlimboardError(missing, REQUEST);
  expect(failure).toMatchObject({ code: 'authentication', retry: { kind: 'never' } });
  expect(failure.message).toMatch(
    /^there are no usable AWS credentials \(the default chain\) for ecr:DescribeImages: .*: Could not load .*\. Check the profile \(AWS_PROFILE\)/,
  );
});

test.each(['ECONNRESET', 'ENOTFOUND', 'CERT_HAS_EXPIRED'])('%s is a network failure', (code) => {
  const error = Object.assign(new Error('socket'), { code, name: 'TimeoutError' });
  expect(toSlimboardError(error, REQUEST)).toMatchObject({ code: 'registry-unavailable', retry: { kind: 'backoff' } });
  expect(outcomeOf(error)).toEqual({ kind: 'failed' });
});

test.each([new TypeError('undefined is not a function'), 'a string', undefined])(
  '%s is a bug and is thrown unchanged',
  (bug) => {
    let thrown: unknown = 'nothing';
    try {
      toSlimboardError(bug, REQUEST);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(bug);
  },
);
