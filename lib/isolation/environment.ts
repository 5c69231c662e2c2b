/**
 * The parent's environment without what leads out of a sandbox. Pure.
 *
 * @module
 */

/**
 * Variables that name sockets, displays and buses. Behind them are programs that act as the user
 * outside the sandbox: agents that sign, buses that start services, terminals and editors that run
 * commands.
 */
const WAYS_OUT = [
  ...["DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS", "DBUS_STARTER_ADDRESS"],
  ...["GNOME_KEYRING_CONTROL", "KEYRING_CONTROL", "SSH_AUTH_SOCK", "SSH_AGENT_PID"],
  ...["GPG_AGENT_INFO", "DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XAUTHORITY"],
  ...["TMUX", "STY", "KITTY_LISTEN_ON", "WEZTERM_UNIX_SOCKET", "ALACRITTY_SOCKET", "NVIM"],
  ...["VSCODE_IPC_HOOK", "VSCODE_IPC_HOOK_CLI", "VSCODE_GIT_IPC_HANDLE", "REMOTE_CONTAINERS_IPC"],
  ...["WSL_INTEROP", "SWAYSOCK", "I3SOCK", "NIRI_SOCKET", "SESSION_MANAGER", "PULSE_SERVER"],
  ...["NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"],
];

/** There is nothing to bypass the proxy for: the sandbox reaches nothing else. */
const BYPASSES = ["NO_PROXY", "no_proxy"];

/** Removes them, but for those that lead to one of the `shared` paths. */
export function keepInside(
  env: Readonly<Record<string, string>>,
  shared: readonly string[],
): Record<string, string> {
  const isShared = (value: string): boolean => shared.some((path) => value.includes(path));
  const kept = Object.entries(env).filter(([name, value]) =>
    !BYPASSES.includes(name) && (!WAYS_OUT.includes(name) || isShared(value))
  );
  return Object.fromEntries(kept);
}
