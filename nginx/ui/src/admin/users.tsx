// People: the list, a new one, one of them.
import type { Admin } from "./context";
import { UserList } from "./users_list";
import { NewUser } from "./users_new";
import { OneUser } from "./users_one";

export function Users({ context }: { context: Admin }) {
  const id = context.route.path[1];
  if (id === undefined) return <UserList context={context} />;
  if (id === "new") return <NewUser context={context} />;
  return <OneUser key={id} context={context} id={id} />;
}
