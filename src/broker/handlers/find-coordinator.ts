import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type FindCoordinatorRequest,
  type FindCoordinatorResponseInit,
  findCoordinatorCodec,
} from '../../protocol/generated/find-coordinator.ts'
import { type BrokerServices, defineHandler, type RequestContext } from '../handler.ts'

/** Several keys in one request (KIP-699). */
const BATCH_VERSION = 4
const KEY_TYPE_GROUP = 0
const NO_NODE = { nodeId: -1, host: '', port: -1 }

type Coordinator = NonNullable<FindCoordinatorResponseInit['coordinators']>[number]

/** MD-12. The internal topic is created on first use; the answer waits for it. */
export const findCoordinator = defineHandler<FindCoordinatorRequest, FindCoordinatorResponseInit>({
  codec: findCoordinatorCodec,
  versions: [0, 6],
  operations: ['DESCRIBE GROUP'],
  async handle(request, context, services) {
    const errorCode = await readiness(request.keyType, services)
    if (context.apiVersion >= BATCH_VERSION) {
      return {
        coordinators: request.coordinatorKeys.map(key => coordinatorOf(key, errorCode, context, services)),
      }
    }
    const { key: _, ...coordinator } = coordinatorOf(request.key, errorCode, context, services)
    // Kafka names the error of a success too, in the versions with a single key.
    return errorCode === ErrorCode.NONE ? { ...coordinator, errorMessage: 'NONE' } : coordinator
  },
})

async function readiness(keyType: number, services: BrokerServices): Promise<ErrorCode> {
  if (keyType !== KEY_TYPE_GROUP) return ErrorCode.INVALID_REQUEST
  return services.groups.ensureReady()
}

function coordinatorOf(
  key: string,
  errorCode: ErrorCode,
  context: RequestContext,
  services: BrokerServices,
): Coordinator {
  if (errorCode === ErrorCode.INVALID_REQUEST) {
    return {
      key,
      ...NO_NODE,
      errorCode,
      errorMessage: 'This broker coordinates groups only, no transactions or shares.',
    }
  }
  if (errorCode !== ErrorCode.NONE) {
    return { key, ...NO_NODE, errorCode, errorMessage: 'The coordinator is not available.' }
  }
  const { host, port } = services.advertisedEndpoint(context.listenerName)
  return { key, nodeId: services.config.nodeId, host, port, errorCode, errorMessage: '' }
}
