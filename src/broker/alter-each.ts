import type { Decision } from '../metadata/controller/decide-create-partitions.ts'
import type { Refusal } from '../metadata/refusal.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { repeatedKeys } from './repeated-keys.ts'

interface NamedResource {
  readonly resourceType: number
  readonly resourceName: string
}

export interface AlteredResource extends NamedResource {
  readonly errorCode: ErrorCode
  readonly errorMessage: string | null
}

/** One answer for each resource, in their order; one that appears twice is refused each time. */
export function alterEach<Resource extends NamedResource>(
  resources: readonly Resource[],
  alter: (resource: Resource) => Promise<Decision | Refusal>,
): Promise<AlteredResource[]> {
  const keyOf = ({ resourceType, resourceName }: NamedResource) => `${resourceType} ${resourceName}`
  const repeated = repeatedKeys(resources, keyOf)
  const answers = resources.map(async resource => {
    const { resourceType, resourceName } = resource
    if (repeated.has(keyOf(resource))) {
      const errorMessage = 'Each resource must appear at most once.'
      return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage, resourceType, resourceName }
    }
    const result = await alter(resource)
    if (result.ok) return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName }
    const { errorCode, errorMessage } = result
    return { errorCode, errorMessage, resourceType, resourceName }
  })
  return Promise.all(answers)
}
