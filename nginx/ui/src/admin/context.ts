// What every view of the administration is given: who looks, at which tenant, and where they are.
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Query } from "../base/api";
import type { Route } from "../base/route";
import type { User } from "../base/types";

export interface Admin {
  user: User;
  // The tenant in the route's query (?tenant=ID), which platform administrators may choose; undefined
  // for one's own.
  tenantId: string | undefined;
  // Undefined until it is known.
  tenantName: string | undefined;
  // After a change that was made here: what the frame around the views says follows.
  rename(tenantId: string, name: string): void;
  route: Route;
  // The parameters of a call: `extra` with tenant_id where another tenant is administered.
  query(extra?: Query): Query;
  // An address of this page that stays with the tenant: link(["users", id], { q: "ann" }).
  link(path: string[], query?: Query): string;
}

const AdminContext = createContext<Admin | null>(null);

export const AdminProvider = AdminContext.Provider;

// For parts deep within a view; a view itself gets it as its property `context`.
export function useAdmin(): Admin {
  const found = useContext(AdminContext);
  if (!found) throw new Error("no administration around this");
  return found;
}
