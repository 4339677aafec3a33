"""What runs inside Blender: scenes, materials, cameras, lamps. Imported only where there is bpy."""
