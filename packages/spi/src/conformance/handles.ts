/** Sockets and child processes of this process, by kind. */
export function handles(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) {
    if (/^(TCPSocketWrap|TLSWrap|PipeConnectWrap|TCPConnectWrap|ProcessWrap)$/.test(kind)) {
      counts[kind] = (counts[kind] ?? 0) + 1
    }
  }
  return counts
}
