/** Imports a module from its text: neither a notebook nor a report has an address to take it from. */
export async function importText<Module>(text: string): Promise<Module> {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    const module = (await import(url)) as { default: Module };
    return module.default;
  } finally {
    URL.revokeObjectURL(url);
  }
}
