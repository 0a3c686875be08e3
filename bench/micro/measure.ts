/** Processor time of one call, in microseconds: the least of several rounds, since others use the machine too. */
export function cpuUsPerCall(call: () => void, callsPerRound: number): number {
  const rounds = 5
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round += 1) {
    const start = process.cpuUsage()
    for (let index = 0; index < callsPerRound; index += 1) call()
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, (user + system) / callsPerRound)
  }
  return least
}

export function printLine(name: string, us: number, besideName: string, besideUs: number): void {
  const ratio = us === 0 ? 0 : besideUs / us
  console.log(
    `${name}: ${us.toFixed(2)} us; ${besideName}: ${besideUs.toFixed(2)} us (${ratio.toFixed(2)} times)`,
  )
}
