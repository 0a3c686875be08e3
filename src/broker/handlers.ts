import type { Handler } from './handler.ts'
import { alterConfigs } from './handlers/alter-configs.ts'
import { createApiVersions } from './handlers/api-versions.ts'
import { createPartitions } from './handlers/create-partitions.ts'
import { createTopics } from './handlers/create-topics.ts'
import { deleteGroups } from './handlers/delete-groups.ts'
import { deleteRecords } from './handlers/delete-records.ts'
import { deleteTopics } from './handlers/delete-topics.ts'
import { describeCluster } from './handlers/describe-cluster.ts'
import { describeConfigs } from './handlers/describe-configs.ts'
import { describeGroups } from './handlers/describe-groups.ts'
import { describeTopicPartitions } from './handlers/describe-topic-partitions.ts'
import { fetch } from './handlers/fetch.ts'
import { findCoordinator } from './handlers/find-coordinator.ts'
import { heartbeat } from './handlers/heartbeat.ts'
import { incrementalAlterConfigs } from './handlers/incremental-alter-configs.ts'
import { initProducerId } from './handlers/init-producer-id.ts'
import { joinGroup } from './handlers/join-group.ts'
import { leaveGroup } from './handlers/leave-group.ts'
import { listGroups } from './handlers/list-groups.ts'
import { listOffsets } from './handlers/list-offsets.ts'
import { metadata } from './handlers/metadata.ts'
import { offsetCommit } from './handlers/offset-commit.ts'
import { offsetDelete } from './handlers/offset-delete.ts'
import { offsetFetch } from './handlers/offset-fetch.ts'
import { offsetForLeaderEpoch } from './handlers/offset-for-leader-epoch.ts'
import { produce } from './handlers/produce.ts'
import { syncGroup } from './handlers/sync-group.ts'

const SERVED: readonly Handler[] = [
  alterConfigs,
  createPartitions,
  createTopics,
  deleteGroups,
  deleteRecords,
  deleteTopics,
  describeCluster,
  describeConfigs,
  describeGroups,
  describeTopicPartitions,
  fetch,
  findCoordinator,
  heartbeat,
  incrementalAlterConfigs,
  initProducerId,
  joinGroup,
  leaveGroup,
  listGroups,
  listOffsets,
  metadata,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  offsetForLeaderEpoch,
  produce,
  syncGroup,
]

/** Every API that is served: what ApiVersions advertises, and docs/PROTOCOL-SUPPORT.md. */
export const HANDLERS: readonly Handler[] = [...SERVED, createApiVersions(SERVED)]
