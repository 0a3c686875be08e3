interface NamedResource {
  readonly resourceType: number
  readonly resourceName: string
}

/** Those that appear more than once: none of them is changed, since their order would decide. */
export function repeatedResources<Resource extends NamedResource>(
  resources: readonly Resource[],
): ReadonlySet<Resource> {
  const byKey = new Map<string, Resource[]>()
  for (const resource of resources) {
    const key = `${resource.resourceType} ${resource.resourceName}`
    const same = byKey.get(key)
    if (same === undefined) byKey.set(key, [resource])
    else same.push(resource)
  }
  return new Set([...byKey.values()].filter(same => same.length > 1).flat())
}
