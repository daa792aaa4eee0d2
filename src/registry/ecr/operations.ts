import type * as sdk from '@aws-sdk/client-ecr';

/**
 * Every operation that slimboard may send, and what IAM calls its resource. All of them read; the client refuses any
 * other one before it is signed.
 */
export const ECR_OPERATIONS = {
  DescribeRepositories: 'registry',
  DescribeImages: 'repository',
  ListTagsForResource: 'repository',
  BatchGetImage: 'repository',
  GetDownloadUrlForLayer: 'repository',
  GetAccountSetting: 'registry',
  ListPullTimeUpdateExclusions: 'registry',
} as const satisfies Record<string, 'registry' | 'repository'>;

export type EcrOperation = keyof typeof ECR_OPERATIONS;

interface Inputs {
  DescribeRepositories: sdk.DescribeRepositoriesCommandInput;
  DescribeImages: sdk.DescribeImagesCommandInput;
  ListTagsForResource: sdk.ListTagsForResourceCommandInput;
  BatchGetImage: sdk.BatchGetImageCommandInput;
  GetDownloadUrlForLayer: sdk.GetDownloadUrlForLayerCommandInput;
  GetAccountSetting: sdk.GetAccountSettingCommandInput;
  ListPullTimeUpdateExclusions: sdk.ListPullTimeUpdateExclusionsCommandInput;
}

interface Outputs {
  DescribeRepositories: sdk.DescribeRepositoriesCommandOutput;
  DescribeImages: sdk.DescribeImagesCommandOutput;
  ListTagsForResource: sdk.ListTagsForResourceCommandOutput;
  BatchGetImage: sdk.BatchGetImageCommandOutput;
  GetDownloadUrlForLayer: sdk.GetDownloadUrlForLayerCommandOutput;
  GetAccountSetting: sdk.GetAccountSettingCommandOutput;
  ListPullTimeUpdateExclusions: sdk.ListPullTimeUpdateExclusionsCommandOutput;
}

export type EcrInput<O extends EcrOperation> = Inputs[O];
export type EcrOutput<O extends EcrOperation> = Outputs[O];

/** Whether a request is one of the operations of ECR's API that slimboard uses. */
export function isEcrOperation(name: string): name is EcrOperation {
  return Object.hasOwn(ECR_OPERATIONS, name);
}
