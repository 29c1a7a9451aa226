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

/** Those that there are more of than before; ones that were closing then may be gone by now. */
export function handlesBeyond(before: Readonly<Record<string, number>>): Record<string, number> {
  const more = Object.entries(handles()).filter(([kind, count]) => count > (before[kind] ?? 0))
  return Object.fromEntries(more)
}
