"""What runs inside Blender: scenes, materials, cameras, lamps. Imported only by `worker`, in an environment with bpy."""
