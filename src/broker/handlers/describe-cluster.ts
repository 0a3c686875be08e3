import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type DescribeClusterRequest,
  type DescribeClusterResponseInit,
  describeClusterCodec,
} from '../../protocol/generated/describe-cluster.ts'
import { ALL_CLUSTER_OPERATIONS, NOT_ASKED } from '../authorized-operations.ts'
import { defineHandler } from '../handler.ts'

/** KIP-919: who asks for controllers has come to the wrong place. */
const ENDPOINT_BROKERS = 1
const ENDPOINT_CONTROLLERS = 2

/** ADM-5. */
export const describeCluster = defineHandler<DescribeClusterRequest, DescribeClusterResponseInit>({
  codec: describeClusterCodec,
  versions: [0, 2],
  operations: ['DESCRIBE CLUSTER'],
  handle(request, context, services) {
    const { clusterId } = services.metadata
    if (request.endpointType !== ENDPOINT_BROKERS) {
      const isController = request.endpointType === ENDPOINT_CONTROLLERS
      const errorCode = isController
        ? ErrorCode.MISMATCHED_ENDPOINT_TYPE
        : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE
      const errorMessage = isController
        ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
        : `Unsupported endpoint type ${request.endpointType}`
      return { errorCode, errorMessage, endpointType: ENDPOINT_BROKERS, clusterId, brokers: [] }
    }
    const { host, port } = services.advertisedEndpoint(context.listenerName)
    const { nodeId, rack } = services.config
    return {
      errorCode: ErrorCode.NONE,
      clusterId,
      controllerId: nodeId,
      brokers: [{ brokerId: nodeId, host, port, rack, isFenced: false }],
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? ALL_CLUSTER_OPERATIONS
        : NOT_ASKED,
    }
  },
})
