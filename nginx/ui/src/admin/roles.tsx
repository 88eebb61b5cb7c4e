// Roles: the list, a new one, one of them; and, for platform administrators, which permissions there
// are at all.
import { Catalogue } from "./catalogue";
import type { Admin } from "./context";
import { RoleList } from "./roles_list";
import { NewRole, OneRole } from "./roles_one";

export function Roles({ context }: { context: Admin }) {
  const { path, query } = context.route;
  const id = path[1];
  if (id === undefined) return <RoleList context={context} />;
  if (id === "new") return <NewRole key={query["from"]} context={context} />;
  if (id === "permissions") return <Catalogue context={context} />;
  return <OneRole key={id} context={context} id={id} />;
}
