import { ApiKey } from '../protocol/api-key.ts'
import * as alterConfigs from '../protocol/generated/alter-configs.ts'
import * as apiVersions from '../protocol/generated/api-versions.ts'
import * as createPartitions from '../protocol/generated/create-partitions.ts'
import * as deleteRecords from '../protocol/generated/delete-records.ts'
import * as deleteTopics from '../protocol/generated/delete-topics.ts'
import * as describeCluster from '../protocol/generated/describe-cluster.ts'
import * as describeConfigs from '../protocol/generated/describe-configs.ts'
import * as describeTopicPartitions from '../protocol/generated/describe-topic-partitions.ts'
import * as findCoordinator from '../protocol/generated/find-coordinator.ts'
import * as incrementalAlterConfigs from '../protocol/generated/incremental-alter-configs.ts'
import * as initProducerId from '../protocol/generated/init-producer-id.ts'
import * as listOffsets from '../protocol/generated/list-offsets.ts'
import type { Reader } from '../protocol/reader.ts'
import type { Writer } from '../protocol/writer.ts'
import type { Api } from './simulated-broker.test-support.ts'

function api<RequestInit, Response>(
  apiKey: number,
  encode: (writer: Writer, body: RequestInit, version: number) => void,
  decode: (reader: Reader, version: number) => Response,
): Api<RequestInit, Response> {
  return { apiKey, encode, decode }
}

export const ALTER_CONFIGS = api(
  ApiKey.AlterConfigs,
  alterConfigs.encodeAlterConfigsRequest,
  alterConfigs.decodeAlterConfigsResponse,
)
export const API_VERSIONS = api(
  ApiKey.ApiVersions,
  apiVersions.encodeApiVersionsRequest,
  apiVersions.decodeApiVersionsResponse,
)
export const CREATE_PARTITIONS = api(
  ApiKey.CreatePartitions,
  createPartitions.encodeCreatePartitionsRequest,
  createPartitions.decodeCreatePartitionsResponse,
)
export const DELETE_RECORDS = api(
  ApiKey.DeleteRecords,
  deleteRecords.encodeDeleteRecordsRequest,
  deleteRecords.decodeDeleteRecordsResponse,
)
export const DELETE_TOPICS = api(
  ApiKey.DeleteTopics,
  deleteTopics.encodeDeleteTopicsRequest,
  deleteTopics.decodeDeleteTopicsResponse,
)
export const DESCRIBE_CLUSTER = api(
  ApiKey.DescribeCluster,
  describeCluster.encodeDescribeClusterRequest,
  describeCluster.decodeDescribeClusterResponse,
)
export const DESCRIBE_CONFIGS = api(
  ApiKey.DescribeConfigs,
  describeConfigs.encodeDescribeConfigsRequest,
  describeConfigs.decodeDescribeConfigsResponse,
)
export const DESCRIBE_TOPIC_PARTITIONS = api(
  ApiKey.DescribeTopicPartitions,
  describeTopicPartitions.encodeDescribeTopicPartitionsRequest,
  describeTopicPartitions.decodeDescribeTopicPartitionsResponse,
)
export const FIND_COORDINATOR = api(
  ApiKey.FindCoordinator,
  findCoordinator.encodeFindCoordinatorRequest,
  findCoordinator.decodeFindCoordinatorResponse,
)
export const INCREMENTAL_ALTER_CONFIGS = api(
  ApiKey.IncrementalAlterConfigs,
  incrementalAlterConfigs.encodeIncrementalAlterConfigsRequest,
  incrementalAlterConfigs.decodeIncrementalAlterConfigsResponse,
)
export const INIT_PRODUCER_ID = api(
  ApiKey.InitProducerId,
  initProducerId.encodeInitProducerIdRequest,
  initProducerId.decodeInitProducerIdResponse,
)
export const LIST_OFFSETS = api(
  ApiKey.ListOffsets,
  listOffsets.encodeListOffsetsRequest,
  listOffsets.decodeListOffsetsResponse,
)
